import dicomParser from 'dicom-parser';
import { describe, expect, it } from 'vitest';
import { dataSet, dataSetOfKeywords, element, type PlainValue } from '../../src/dicom/build-data-set.js';
import type { DataSet } from '../../src/dicom/data-set.js';
import { DIRECTORY_KEY_TABLE, DIRECTORY_SOP_CLASS_TABLE } from '../../src/dicom/directory-records.data.js';
import { instanceRecordType } from '../../src/dicom/directory-records.js';
import { FileSet } from '../../src/dicom/file-set.js';
import { isStorageSOPClass } from '../../src/dicom/sop-classes.js';

const EXPLICIT = '1.2.840.10008.1.2.1';
const CT = '1.2.840.10008.5.1.4.1.1.2';
const SR = '1.2.840.10008.5.1.4.1.1.88.11';
const DIRECTORY_UID = '2.25.1';

type Attributes = Readonly<Record<string, PlainValue>>;

interface ReadRecord {
  readonly type: string;
  readonly offset: number;
  /** Text of each element, by `x00100020`. */
  readonly text: (name: string) => string | undefined;
  readonly number: (name: string) => number | undefined;
  readonly elements: dicomParser.DataSet['elements'];
  readonly lower: readonly ReadRecord[];
}

/** The tree of records that the offsets in the file lead to. */
function readDirectory(file: Buffer): readonly ReadRecord[] {
  const parsed = dicomParser.parseDicom(file);
  expect([parsed.string('x00020002'), parsed.string('x00020003')]).toEqual(['1.2.840.10008.1.3.10', DIRECTORY_UID]);
  expect([parsed.string('x00041130'), parsed.uint16('x00041212')]).toEqual(['NCCID', 0]);
  const items = new Map(
    (parsed.elements['x00041220']?.items ?? []).map(({ dataOffset, dataSet: item }) => [dataOffset - 8, item]),
  );
  const seen = new Set<number>();
  const level = (first: number): readonly ReadRecord[] => {
    const records: ReadRecord[] = [];
    for (let at = first; at !== 0; ) {
      const item = items.get(at);
      if (item === undefined || seen.has(at)) throw new Error(`No record of its own begins at ${at}.`);
      seen.add(at);
      expect(item.uint16('x00041410')).toBe(0xffff);
      records.push({
        type: item.string('x00041430') ?? '',
        offset: at,
        text: (name) => item.string(name),
        number: (name) => item.uint16(name),
        elements: item.elements,
        lower: level(item.uint32('x00041420') ?? 0),
      });
      at = item.uint32('x00041400') ?? 0;
    }
    return records;
  };
  const roots = level(parsed.uint32('x00041200') ?? 0);
  expect(parsed.uint32('x00041202')).toBe(roots.at(-1)?.offset);
  expect(seen.size).toBe(items.size);
  return roots;
}

interface Described {
  readonly series?: string;
  readonly sopClassUID?: string;
  readonly attributes?: Attributes;
  readonly instance?: DataSet;
}

function directoryOf(...described: readonly Described[]): readonly ReadRecord[] {
  const members = described.map(({ series = '1.2.3', sopClassUID = CT }, i) => ({
    seriesInstanceUID: series,
    sopClassUID,
    sopInstanceUID: `1.2.3.${i + 1}`,
    transferSyntaxUID: EXPLICIT,
  }));
  const fileSet = new FileSet(members);
  // In any order.
  for (const [i, { attributes = {}, instance = dataSetOfKeywords(attributes) }] of [
    ...described.entries(),
  ].toReversed()) {
    fileSet.describe(i, instance);
  }
  return readDirectory(Buffer.concat(fileSet.directory(DIRECTORY_UID)));
}

/** The one record of each level above the instances, and those. */
function levelsOf(roots: readonly ReadRecord[]): readonly [ReadRecord, ReadRecord, ReadRecord, readonly ReadRecord[]] {
  const [patient] = roots;
  const [study] = patient?.lower ?? [];
  const [series] = study?.lower ?? [];
  if (patient === undefined || study === undefined || series === undefined) throw new Error('A level is empty.');
  return [patient, study, series, series.lower];
}

const whole: Attributes = {
  SpecificCharacterSet: 'ISO_IR 192',
  StudyDate: '20200401',
  StudyTime: '101500',
  AccessionNumber: 'A1',
  Modality: 'CT',
  StudyDescription: 'Thorax',
  PatientName: 'Müller^王',
  PatientID: 'COVID001',
  StudyInstanceUID: '1.2',
  SeriesInstanceUID: '1.2.3',
  StudyID: 'S1',
  SeriesNumber: 4,
  InstanceNumber: 7,
};

describe('FileSet', () => {
  it('tells of patient, study, series and image what the instance says', () => {
    const [patient, study, series, images] = levelsOf(directoryOf({ attributes: whole }));
    expect([patient, study, series, ...images].map(({ type }) => type)).toEqual([
      'PATIENT',
      'STUDY',
      'SERIES',
      'IMAGE',
    ]);
    expect(patient.text('x00100020')).toBe('COVID001');
    expect(['x00080020', 'x00080030', 'x00080050', 'x00081030', 'x0020000d', 'x00200010'].map(study.text)).toEqual([
      '20200401',
      '101500',
      'A1',
      'Thorax',
      '1.2',
      'S1',
    ]);
    expect(['x00080060', 'x0020000e', 'x00200011'].map(series.text)).toEqual(['CT', '1.2.3', '4']);
    const [image] = images;
    expect(['x00200013', 'x00041500', 'x00041510', 'x00041511', 'x00041512'].map((name) => image?.text(name))).toEqual([
      '7',
      'SE000001\\IM000001',
      CT,
      '1.2.3.1',
      EXPLICIT,
    ]);
  });

  it('keeps text in the character set it is in, and says which where it matters', () => {
    const latin = dataSet([
      element(0x00080005, 'ISO_IR 100'),
      element(0x00100010, Buffer.from('Müller^A', 'latin1')),
      element(0x00100020, 'P'),
    ]);
    const [patient, study] = levelsOf(directoryOf({ instance: latin }));
    expect([patient.text('x00080005'), study.elements['x00080005']]).toEqual(['ISO_IR 100', undefined]);
    expect(patient.text('x00100010')).toBe('Müller^A');
    const [plain] = levelsOf(directoryOf({ attributes: { PatientID: 'P' } }));
    expect(plain.elements['x00080005']).toBeUndefined();
  });

  it('puts each series and each instance in its place, under names that any medium takes', () => {
    const counts = [3, 1, 2];
    const described = counts.flatMap((count, s) => Array.from({ length: count }, () => ({ series: `1.2.${s}` })));
    const [patient, ...others] = directoryOf(...described);
    expect(others).toEqual([]);
    const series = patient?.lower[0]?.lower ?? [];
    expect(series.map(({ lower }) => lower.map((image) => image.text('x00041500')))).toEqual([
      ['SE000001\\IM000001', 'SE000001\\IM000002', 'SE000001\\IM000003'],
      ['SE000002\\IM000001'],
      ['SE000003\\IM000001', 'SE000003\\IM000002'],
    ]);
    const names = series.flatMap(({ lower }) => lower.map((image) => image.text('x00041500') ?? ''));
    for (const name of names) expect(name).toMatch(/^(?:[A-Z0-9_]{1,8}\\){0,7}[A-Z0-9_]{1,8}$/);
  });

  it('makes up what a record must have and the instance has not', () => {
    const [patient, study, series, images] = levelsOf(
      directoryOf({ attributes: {} }, { attributes: { InstanceNumber: '  ' } }),
    );
    expect([patient.text('x00100020'), patient.elements['x00100010']?.length]).toEqual(['UNKNOWN', 0]);
    expect(['x00080020', 'x00080030', 'x00200010'].map(study.text)).toEqual(['19000101', '000000', 'UNKNOWN']);
    expect(['x00080060', 'x00200011'].map(series.text)).toEqual(['UNKNOWN', '1']);
    expect(images.map((image) => image.text('x00200013'))).toEqual(['1', '2']);
  });

  it('takes no value that is far too long, or of another VR, for a key', () => {
    const instance = dataSet([
      element(0x00100010, 'x'.repeat(10_000)),
      element(0x00100020, 'y'.repeat(10_000)),
      element(0x00080020, Buffer.from('20200401'), 'OB'),
    ]);
    const [patient, study] = levelsOf(directoryOf({ instance }));
    expect([patient.text('x00100020'), patient.elements['x00100010']?.length]).toEqual(['UNKNOWN', 0]);
    expect(study.text('x00080020')).toBe('19000101');
  });

  it('tells of a document its title, and of its content what modifies that', () => {
    const item = (relationship: string) => dataSetOfKeywords({ RelationshipType: relationship, ValueType: 'CODE' });
    const attributes = {
      ...whole,
      CompletionFlag: 'COMPLETE',
      VerificationFlag: 'UNVERIFIED',
      ContentDate: '20200402',
      ContentTime: '1200',
      ConceptNameCodeSequence: [dataSetOfKeywords({ CodeValue: '1', CodeMeaning: 'Report' })],
      VerifyingObserverSequence: ['20200402', '20200403101500', '2020'].map((time) =>
        dataSetOfKeywords({ VerificationDateTime: time }),
      ),
      ContentSequence: [item('CONTAINS'), item('HAS CONCEPT MOD'), item('CONTAINS')],
    };
    const [, , , [report]] = levelsOf(directoryOf({ sopClassUID: SR, attributes }));
    expect(report?.type).toBe('SR DOCUMENT');
    expect(['x0040a491', 'x0040a493', 'x00080023', 'x0040a030'].map((name) => report?.text(name))).toEqual([
      'COMPLETE',
      'UNVERIFIED',
      '20200402',
      '20200403101500',
    ]);
    expect(report?.elements['x0040a043']?.items?.map((one) => one.dataSet?.string('x00080104'))).toEqual(['Report']);
    expect(report?.elements['x0040a730']?.items?.map((one) => one.dataSet?.string('x0040a010'))).toEqual([
      'HAS CONCEPT MOD',
    ]);
    const [, , , [without]] = levelsOf(directoryOf({ sopClassUID: SR, attributes: whole }));
    expect([without?.elements['x0040a043']?.length, without?.elements['x0040a730']]).toEqual([0, undefined]);
  });

  it('leaves out a sequence that is far too long, and refuses a directory that is', () => {
    const sop = '1.2.840.10008.5.1.4.1.1.11.1';
    const referring = (count: number): Attributes => ({
      ReferencedSeriesSequence: Array.from({ length: count }, () => dataSetOfKeywords({ SeriesInstanceUID: '1.2.3' })),
    });
    const [, , , [few]] = levelsOf(directoryOf({ sopClassUID: sop, attributes: referring(3) }));
    expect(few?.elements['x00081115']?.items).toHaveLength(3);
    const [, , , [many]] = levelsOf(directoryOf({ sopClassUID: sop, attributes: referring(20_000) }));
    expect([many?.type, many?.elements['x00081115']]).toEqual(['PRESENTATION', undefined]);
    const member = { seriesInstanceUID: '1', sopClassUID: sop, sopInstanceUID: '1', transferSyntaxUID: EXPLICIT };
    const small = new FileSet([member, member], 2_000);
    small.describe(0, dataSetOfKeywords(referring(3)));
    expect(() => small.describe(1, dataSetOfKeywords(referring(200)))).toThrowError(
      expect.objectContaining({ code: 'too-large' }),
    );
  });

  it('turns a big endian instance into the directory’s little endian', () => {
    const rows = Buffer.from([0x01, 0x00]);
    const instance: DataSet = { elements: [element(0x00280010, rows, 'US')], byteOrder: 'big' };
    const [, , , [spectrum]] = levelsOf(directoryOf({ sopClassUID: '1.2.840.10008.5.1.4.1.1.4.2', instance }));
    expect(spectrum?.type).toBe('SPECTROSCOPY');
    expect(spectrum?.number('x00280010')).toBe(256);
  });
});

describe('record types', () => {
  it('stand for Storage SOP Classes that there are, each with its keys', () => {
    const types = new Set(
      DIRECTORY_KEY_TABLE.trim()
        .split('\n')
        .map((line) => line.split(':')[0]),
    );
    for (const line of DIRECTORY_SOP_CLASS_TABLE.trim().split('\n')) {
      const [uid = '', ...type] = line.split(' ');
      expect([uid, isStorageSOPClass(uid)]).toEqual([uid, true]);
      expect(types).toContain(type.join(' '));
      expect(instanceRecordType(uid)).toBe(type.join(' '));
    }
    expect(instanceRecordType(CT)).toBe('IMAGE');
  });
});
