/** What a hospital is told whose data the archive sets right, and what is found and retrieved of them. PS3.18 §10.5.2, §10.5.3 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArchive } from '../../src/archive/open-archive.js';
import { reindexArchive } from '../../src/archive/reindex.js';
import { verifyArchive } from '../../src/archive/verify.js';
import { TAG } from '../../src/dicom/attributes.js';
import { findBytes } from '../../src/dicom/data-set.js';
import { readString } from '../../src/dicom/values.js';
import { removeSiteAttributes, setSiteAttributes } from '../../src/governance/site-attributes.js';
import { silentLog } from '../../src/log.js';
import { readWhole } from '../support/read-in-chunks.js';
import { xmlOf } from '../support/sent-instance.js';
import { DICOM_JSON, jsonPart, sentBody, storeSent, xmlPart } from '../support/sent-metadata.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, found, items, type JSONDataSet, json } from './dicom-json.js';
import { type MadeInstance, makeInstance, SYNTAX } from './instances.js';
import { readParts } from './parts.js';

const STORED = '00081199';
const WARNING = '00081196';
const COERCED = String(0xb000);
const INSTITUTION = '00080080';
const ORIGINALS = '04000561';

let archive: CuratedArchive;
let token: string;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.addSite('Coerced', 'training');
  token = await archive.token({ kind: 'site', site: 'Coerced' });
  await setSiteAttributes(archive.database, 'Coerced', [
    { attribute: 'InstitutionName', value: 'The Right Hospital' },
    { attribute: 'StudyDescription', value: 'SET BY THE ARCHIVE' },
  ]);
});
afterAll(() => archive.close());

const warningsIn = (module: JSONDataSet): readonly (string | undefined)[] =>
  items(module, STORED).map((item) => firstValue(item, WARNING));

async function send(...instances: readonly Pick<MadeInstance, 'file'>[]) {
  const response = await archive.store(
    token,
    instances.map(({ file }) => file),
  );
  return { status: response.status, warnings: warningsIn(await json(response)) };
}

async function metadataOf(path: string): Promise<JSONDataSet> {
  const [dataSet] = await json<JSONDataSet[]>(await archive.get(`${path}/metadata`, { Accept: DICOM_JSON }));
  return dataSet ?? {};
}

const modifiedIn = (dataSet: JSONDataSet): readonly JSONDataSet[] =>
  items(dataSet, ORIGINALS).flatMap((item) => items(item, '04000550'));

const CT_STORAGE = '1.2.840.10008.5.1.4.1.1.2\0';
/** Of as many characters. */
const NO_STORAGE = '1.2.840.10008.5.1.4.1.1.99';

const old = { InstitutionName: 'Old', StudyDescription: undefined };

describe('an instance of a site whose data are set right', () => {
  it.each(Object.entries(SYNTAX).slice(0, 4))('SW-21 is stored as %s, and the sender is told', async (name, uid) => {
    const made = makeInstance({ study: name, transferSyntaxUID: uid, attributes: old });
    expect(await send(made)).toEqual({ status: 202, warnings: [COERCED] });
    const dataSet = await metadataOf(made.path);
    expect(firstValue(dataSet, INSTITUTION)).toBe('The Right Hospital');
    expect(modifiedIn(dataSet)).toEqual([{ [INSTITUTION]: { vr: 'LO', Value: ['Old'] }, '00081030': { vr: 'LO' } }]);
    const [item] = items(dataSet, ORIGINALS);
    expect(item).toMatchObject({
      '04000562': { vr: 'DT', Value: [expect.stringMatching(/^\d{14}\.\d{3}\+0000$/)] },
      '04000563': { vr: 'LO', Value: ['NCCID'] },
      '04000564': { vr: 'LO' },
      '04000565': { vr: 'CS', Value: ['COERCE'] },
    });
    const query = '/studies?StudyDescription=SET*&includefield=StudyDescription';
    const studies = await found(await archive.get(`${query}&StudyInstanceUID=${made.studyInstanceUID}`));
    expect(studies).toHaveLength(1);
  });

  it.each([SYNTAX.implicit, SYNTAX.explicit, SYNTAX.deflated, SYNTAX.bigEndian])(
    'SW-21 has its pixels where they are looked for, stored as %s',
    async (transferSyntaxUID) => {
      const made = makeInstance({ study: `frames ${transferSyntaxUID}`, transferSyntaxUID, attributes: old });
      await send(made);
      const pixels = findBytes(made.dataSet, TAG.PixelData);
      for (const resource of ['frames/1', 'bulkdata/7FE00010', 'pixeldata']) {
        const accept = 'multipart/related; type="application/octet-stream"';
        const answer = await archive.get(`${made.path}/${resource}`, { Accept: accept });
        const { parts } = readParts(answer.headers.get('Content-Type'), new Uint8Array(await answer.arrayBuffer()));
        expect(parts.map(({ body }) => body)).toEqual([pixels]);
      }
      const converted = await archive.get(made.path, { Accept: 'application/dicom' });
      const { header } = await readWhole(Buffer.from(await converted.arrayBuffer()));
      expect(header.transferSyntax.uid).toBe(SYNTAX.explicit);
      expect(readString(header.dataSet, TAG.InstitutionName)).toBe('The Right Hospital');
    },
  );

  it('SW-34 is the same when it is sent again, whatever is set by then', async () => {
    const made = makeInstance({ study: 'again', attributes: old });
    await send(made);
    const before = await metadataOf(made.path);
    expect(await send(made)).toEqual({ status: 202, warnings: [COERCED] });
    await removeSiteAttributes(archive.database, 'Coerced', ['InstitutionName']);
    expect(await send(made)).toEqual({ status: 202, warnings: [COERCED] });
    await setSiteAttributes(archive.database, 'Coerced', [
      { attribute: 'InstitutionName', value: 'The Right Hospital' },
    ]);
    expect(await metadataOf(made.path)).toEqual(before);
    const other = await send(makeInstance({ study: 'again', attributes: { ...old, InstitutionName: 'Older' } }));
    expect(other.status).toBe(409);
  });

  it('is left as it is when it is right already, without a warning', async () => {
    const attributes = { InstitutionName: 'The Right Hospital', StudyDescription: 'SET BY THE ARCHIVE' };
    const made = makeInstance({ study: 'right', attributes });
    expect(await send(made)).toEqual({ status: 200, warnings: [undefined] });
    const file = await archive.get(made.path, { Accept: 'application/dicom; transfer-syntax=*' });
    expect(Buffer.from(await file.arrayBuffer()).equals(made.file)).toBe(true);
  });

  it.each(['JSON', 'XML'])('SW-21 SW-24 is set right when it comes as metadata, in %s', async (form) => {
    const source = makeInstance({ study: `source of ${form}`, attributes: { ...old, PixelData: undefined } });
    await archive.add(source);
    const [series, instance] = [`${source.seriesInstanceUID}.1`, `${source.sopInstanceUID}.1`];
    const study = `${source.studyInstanceUID}.1`;
    const own = {
      ...(await metadataOf(source.path)),
      '00080018': { vr: 'UI', Value: [instance] },
      '0020000D': { vr: 'UI', Value: [study] },
      '0020000E': { vr: 'UI', Value: [series] },
    };
    const body = form === 'JSON' ? sentBody([jsonPart([own])]) : sentBody([xmlPart(xmlOf(JSON.stringify(own)))]);
    const response = await storeSent(archive, token, body);
    expect(response.status).toBe(202);
    expect(warningsIn(await json(response))).toEqual([COERCED]);
    const stored = await metadataOf(`/studies/${study}/series/${series}/instances/${instance}`);
    expect(modifiedIn(stored)).toHaveLength(1);
    expect(firstValue(stored, INSTITUTION)).toBe('The Right Hospital');
  });

  it('stands beside another that is refused', async () => {
    const [good, bad] = [
      makeInstance({ study: 'good', attributes: old }),
      makeInstance({ study: 'bad', attributes: old }),
    ];
    const large = makeInstance({ study: 'large', attributes: { ...old, PixelData: Buffer.alloc(3_000_000) } });
    const noStorage = Buffer.from(large.file.toString('latin1').replaceAll(CT_STORAGE, NO_STORAGE), 'latin1');
    const response = await archive.store(token, [noStorage, bad.file.subarray(0, 500), good.file]);
    expect(response.status).toBe(202);
    const module = await json<JSONDataSet>(response);
    expect(items(module, STORED).map((item) => firstValue(item, '00081155'))).toEqual([good.sopInstanceUID]);
    expect(warningsIn(module)).toEqual([COERCED]);
    const failed = items(module, '00081198').map((item) => firstValue(item, '00081155'));
    expect(failed).toContain(large.sopInstanceUID);
  });

  it('says nothing of what was in it', async () => {
    const made = makeInstance({ study: 'silent', attributes: { ...old, PatientName: 'Secret^Name' } });
    const text = await (await archive.store(token, [made.file])).text();
    expect(text).not.toMatch(/Secret|Old|Right Hospital/);
  });
});

describe('an archive with such instances', () => {
  it('takes the same from two nodes at once for the same', async () => {
    const other = await openArchive(archive.places, { log: silentLog, now: () => new Date(0) });
    const { id } = await archive.database.read
      .selectFrom('site')
      .select('id')
      .where('name', '=', 'Coerced')
      .executeTakeFirstOrThrow();
    const made = Array.from({ length: 12 }, (_, i) =>
      makeInstance({ study: 'race', instance: `${i}`, attributes: old }),
    );
    const [here, there] = await Promise.all([
      send(...made),
      other.archive.as({ kind: 'site', siteID: id }).store({
        expectedStudy: undefined,
        parts: (async function* () {
          for (const { file } of made.toReversed()) {
            yield (async function* () {
              yield file;
            })();
          }
        })(),
      }),
    ]);
    await other.close();
    expect(here).toEqual({ status: 202, warnings: made.map(() => COERCED) });
    expect(there.outcomes.every(({ outcome }) => outcome !== 'refused')).toBe(true);
  });

  it('is verified, and indexed anew, without a finding', async () => {
    const opened = await openArchive(archive.places, { log: silentLog, now: () => new Date(Date.now() + 7_200_000) });
    try {
      for (const run of [verifyArchive(opened), reindexArchive(opened), verifyArchive(opened)]) {
        const findings: unknown[] = [];
        for await (const finding of run) findings.push(finding);
        expect(findings).toEqual([]);
      }
    } finally {
      await opened.close();
    }
  });
});
