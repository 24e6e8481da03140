import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { DICTIONARY_TABLE } from '../../src/dicom/dictionary.data.js';
import { listSites } from '../../src/governance/sites.js';
import { CommandLine } from './command-line.js';

let nccid: CommandLine;

beforeEach(async () => {
  nccid = await CommandLine.open();
});

afterEach(() => nccid.close());

async function sites(): Promise<readonly (readonly [string, string | number])[]> {
  const database = await Database.open({ kind: 'sqlite', path: join(nccid.folder, 'index.sqlite') });
  try {
    return (await listSites(database)).map(({ name, splitPolicy }) => [name, splitPolicy]);
  } finally {
    await database.close();
  }
}

describe('nccid site add', () => {
  it('adds a site to an archive folder that is not there yet, and prints its name', async () => {
    expect(await nccid.run('site', 'add', 'St Mary’s')).toEqual({ status: 0, printed: ['St Mary’s'], errors: [] });
    expect(await sites()).toEqual([['St Mary’s', 50]]);
  });

  it.each([
    ['70', 70],
    ['training', 'training'],
    ['validation', 'validation'],
  ])('takes --split %s', async (text, splitPolicy) => {
    expect(await nccid.result('site', 'add', 'A', '--split', text)).toBe('A');
    expect(await sites()).toEqual([['A', splitPolicy]]);
  });

  it('answers a second site of the same name with one sentence', async () => {
    await nccid.result('site', 'add', 'A');
    expect(await nccid.run('site', 'add', 'A')).toEqual({
      status: 1,
      printed: [],
      errors: ['There is a site of this name already.'],
    });
  });

  it.each(['101', 'half', ''])('refuses --split %j', async (split) => {
    await nccid.result('site', 'add', 'First');
    expect(await nccid.run('site', 'add', 'A', '--split', split)).toEqual({
      status: 1,
      printed: [],
      errors: ['--split takes training, validation, or 0 to 100.'],
    });
    expect(await sites()).toEqual([['First', 50]]);
  });

  it.each([[[]], [['A', 'B']], [['A', '--colour', 'red']]])('calls %j misuse', async (args) => {
    const { status, printed, errors } = await nccid.run('site', 'add', ...args);
    expect({ status, printed }).toEqual({ status: 2, printed: [] });
    expect(errors).toHaveLength(1);
  });
});

describe('nccid site list', () => {
  it('prints each site and its split, by name', async () => {
    await nccid.result('site', 'add', 'South', '--split', 'validation');
    await nccid.result('site', 'add', 'North', '--split', '30');
    expect(await nccid.run('site', 'list')).toEqual({
      status: 0,
      printed: ['North\t30', 'South\tvalidation'],
      errors: [],
    });
  });
});

describe('nccid site coerce', () => {
  const coerce = (...args: readonly string[]) => nccid.run('site', 'coerce', 'Leeds', ...args);

  beforeEach(() => nccid.result('site', 'add', 'Leeds'));

  it('sets attributes by keyword or tag, and prints all that the site sets', async () => {
    expect(await coerce('ClinicalTrialSiteName=Leeds General = L', '00120030=SITE-A')).toEqual({
      status: 0,
      printed: ['ClinicalTrialSiteID\tSITE-A', 'ClinicalTrialSiteName\tLeeds General = L'],
      errors: [],
    });
    expect((await coerce('ClinicalTrialSiteID=SITE-B')).printed).toEqual([
      'ClinicalTrialSiteID\tSITE-B',
      'ClinicalTrialSiteName\tLeeds General = L',
    ]);
    expect((await nccid.run('site', 'coerced', 'Leeds')).printed).toHaveLength(2);
    await nccid.result('site', 'add', 'York');
    expect((await nccid.run('site', 'coerced', 'York')).printed).toEqual([]);
  });

  it('sets them no longer, one by one', async () => {
    await coerce('ClinicalTrialSiteID=SITE-A', 'InstitutionName=Leeds');
    const uncoerce = (name: string) => nccid.run('site', 'uncoerce', 'Leeds', name);
    expect((await uncoerce('InstitutionName')).printed).toEqual(['ClinicalTrialSiteID\tSITE-A']);
    expect(await uncoerce('InstitutionName')).toEqual({
      status: 1,
      printed: [],
      errors: ['The site does not set this attribute.'],
    });
    expect((await uncoerce('00120030')).printed).toEqual([]);
  });

  it.each([
    ['StudyInstanceUID=1.2.3', 'StudyInstanceUID is a UID: it can not be set.'],
    ['SOPClassUID=1.2.3', 'SOPClassUID is a UID: it can not be set.'],
    ['PatientID=P1', 'PatientID tells instances apart: it can not be set.'],
    ['AccessionNumber=1', 'AccessionNumber tells instances apart: it can not be set.'],
    ['Modality=CT', 'Modality tells instances apart: it can not be set.'],
    ['SpecificCharacterSet=ISO_IR 192', 'SpecificCharacterSet says how the instance is to be read: it can not be set.'],
    ['TransferSyntaxUID=1.2.3', 'TransferSyntaxUID says how the instance is to be read: it can not be set.'],
    [
      'PhotometricInterpretation=RGB',
      'PhotometricInterpretation says how the instance is to be read: it can not be set.',
    ],
    ['NumberOfFrames=2', 'NumberOfFrames says how the instance is to be read: it can not be set.'],
    ['60000022=Overlay', 'OverlayDescription says how the instance is to be read: it can not be set.'],
    ['PixelData=x', 'PixelData says how the instance is to be read: it can not be set.'],
    ['ModifyingSystem=x', 'ModifyingSystem tells what was done to the instance: it can not be set.'],
    [
      'OriginalAttributesSequence=x',
      'OriginalAttributesSequence tells what was done to the instance: it can not be set.',
    ],
    ['RequestAttributesSequence=x', 'RequestAttributesSequence is no text: it can not be set.'],
    ['StageNumber=x', 'The value of StageNumber is a whole number.'],
    ['ImageType=x', 'ImageType has several values: it can not be set.'],
    ['ClinicalTrialSiteID=', 'The value of ClinicalTrialSiteID begins and ends with a character that is no space.'],
    ['ClinicalTrialSiteID= x', 'The value of ClinicalTrialSiteID begins and ends with a character that is no space.'],
    [`ClinicalTrialSiteID=${'x'.repeat(65)}`, 'The value of ClinicalTrialSiteID has at most 64 characters.'],
    ['PatientSex=f', 'The value of PatientSex is upper-case letters, digits, spaces and underscores.'],
    ['StudyDate=2020', 'The value of StudyDate is YYYYMMDD.'],
    ...['Zürich', 'a\\b', 'a~b', 'a\u0007b'].map((value) => [
      `ClinicalTrialSiteID=${value}`,
      'The value of ClinicalTrialSiteID has characters that not every character set has: letters and digits of English, and common signs, are in all of them.',
    ]),
    ...['NoKeyword=x', '00091010=x', 'RequestAttributesSequence.RequestedProcedureID=x'].map((text) => [
      text,
      'An attribute is a keyword of the standard, or a tag of eight hexadecimal digits.',
    ]),
    ...['ClinicalTrialSiteID', '=x'].map((text) => [
      text,
      'An attribute is set by its keyword, an equals sign and its value.',
    ]),
  ])('refuses %j, and sets nothing', async (text, sentence) => {
    expect(await coerce('InstitutionName=Leeds', text ?? '')).toEqual({ status: 1, printed: [], errors: [sentence] });
    expect((await nccid.run('site', 'coerced', 'Leeds')).printed).toEqual([]);
  });

  it('sets 32 at most', async () => {
    const texts = DICTIONARY_TABLE.split('\n')
      .filter((line) => /^0018[\dA-F]{4} LO 1 /.test(line))
      .map((line) => `${line.slice(0, 8)}=x`);
    expect((await coerce(...texts.slice(0, 32))).printed).toHaveLength(32);
    expect((await coerce(...texts.slice(32, 33))).errors).toEqual(['At most 32 attributes of a site can be set.']);
  });

  it('knows of no site that is not there', async () => {
    for (const args of [
      ['coerce', 'York', 'InstitutionName=x'],
      ['coerced', 'York'],
      ['uncoerce', 'York', 'StudyID'],
    ]) {
      expect(await nccid.run('site', ...args)).toMatchObject({ status: 1, errors: ['There is no site of this name.'] });
    }
  });
});
