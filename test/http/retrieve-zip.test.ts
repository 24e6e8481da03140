/** Retrieve of studies, series and instances as a zip, over HTTP. PS3.18 §10.4.4, PS3.10 §8 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import dicomParser from 'dicom-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaintsOfDCMTK, expectSoundZip, fileSetsIn, hasOtherReaders, unpackZip } from '../support/other-readers.js';
import { readZip, type ZipFile } from '../support/read-zip.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { bytesOf, codeStream, digest, type MadeInstance, makeInstance, SYNTAX } from './instances.js';
import { spoilFile } from './stored-blob.js';
import { ask } from './wire.js';

const ZIP = 'application/zip';

const ct = [2, 1].map((number) =>
  makeInstance({
    study: 'zip',
    series: 'zip/ct',
    instance: `zip/ct/${number}`,
    attributes: { SeriesNumber: '1', InstanceNumber: String(number), PatientName: 'Müller^王' },
  }),
);
const implicit = makeInstance({
  study: 'zip',
  series: 'zip/cr',
  modality: 'CR',
  transferSyntaxUID: SYNTAX.implicit,
  attributes: { SeriesNumber: '2' },
});
const deflated = makeInstance({
  study: 'zip',
  series: 'zip/mr',
  instance: 'zip/mr/1',
  modality: 'MR',
  transferSyntaxUID: SYNTAX.deflated,
  attributes: { SeriesNumber: '3' },
});
const bigEndian = makeInstance({
  study: 'zip',
  series: 'zip/mr',
  instance: 'zip/mr/2',
  modality: 'MR',
  transferSyntaxUID: SYNTAX.bigEndian,
  attributes: { SeriesNumber: '3', InstanceNumber: '2' },
});
const compressed = makeInstance({
  study: 'zip',
  series: 'zip/dx',
  modality: 'DX',
  transferSyntaxUID: SYNTAX.jpeg2000,
  fragments: [[codeStream('zip')]],
  attributes: { SeriesNumber: '4' },
});
const report = makeInstance({ study: 'zip', series: 'zip/sr', modality: 'SR', attributes: { SeriesNumber: '5' } });
const document = makeInstance({
  study: 'zip',
  series: 'zip/doc',
  modality: 'DOC',
  attributes: {
    SeriesNumber: '6',
    MIMETypeOfEncapsulatedDocument: 'application/pdf',
    EncapsulatedDocument: bytesOf('pdf', 2_000),
  },
});
const [second, first] = ct;
if (first === undefined || second === undefined) throw new Error('There are two.');
/** In the order in which a study is answered. */
const inOrder = [first, second, implicit, deflated, bigEndian, compressed, report, document];

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...inOrder);
});
afterAll(() => archive.close());

const studyPath = (made: MadeInstance): string => `/studies/${made.studyInstanceUID}`;
const seriesPath = (made: MadeInstance): string => `${studyPath(made)}/series/${made.seriesInstanceUID}`;
const get = (path: string, accept = ZIP): Promise<Response> => archive.get(path, { Accept: accept });
const zipOf = async (response: Response): Promise<readonly ZipFile[]> =>
  readZip(Buffer.from(await response.arrayBuffer()));
const named = (files: readonly ZipFile[], name: string): Buffer => {
  const file = files.find((one) => one.name === name);
  if (file === undefined) throw new Error(`The zip has no ${name}.`);
  return file.bytes;
};

/** What the records of a DICOMDIR tell: type, and value of an attribute or two. */
const recordsOf = (directory: Buffer, ...names: readonly string[]): readonly (readonly (string | undefined)[])[] =>
  (dicomParser.parseDicom(directory).elements['x00041220']?.items ?? []).map(({ dataSet }) =>
    ['x00041430', ...names].map((name) => dataSet?.string(name)),
  );

describe('a zip', () => {
  it('RI-07 holds every instance of a study as it is stored, and a DICOMDIR', async () => {
    const response = await get(studyPath(first));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, ZIP]);
    expect(response.headers.get('content-location')).toBe(archive.base + studyPath(first));
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${first.studyInstanceUID}.zip"`);
    const files = await zipOf(response);
    expect(files.map(({ name }) => name)).toEqual([
      'SE000001/IM000001',
      'SE000001/IM000002',
      'SE000002/IM000001',
      'SE000003/IM000001',
      'SE000003/IM000002',
      'SE000004/IM000001',
      'SE000005/IM000001',
      'SE000006/IM000001',
      'DICOMDIR',
    ]);
    expect(files.slice(0, -1).map(({ bytes }) => digest(bytes))).toEqual(inOrder.map(({ file }) => digest(file)));
  });

  it('tells in its DICOMDIR of each file what it is, in which transfer syntax', async () => {
    const directory = named(await zipOf(await get(studyPath(first))), 'DICOMDIR');
    const records = recordsOf(directory, 'x00041500', 'x00041511', 'x00041512');
    const types = ['IMAGE', 'IMAGE', 'IMAGE', 'IMAGE', 'IMAGE', 'IMAGE', 'SR DOCUMENT', 'ENCAP DOC'];
    const syntaxes = [SYNTAX.explicit, SYNTAX.explicit, SYNTAX.implicit, SYNTAX.deflated, SYNTAX.bigEndian];
    const leaves = records.filter(([, fileID]) => fileID !== undefined);
    expect(leaves.map(([type, , uid, syntax]) => [type, uid, syntax])).toEqual(
      inOrder.map(({ sopInstanceUID }, i) => [
        types[i],
        sopInstanceUID,
        syntaxes[i] ?? (i === 5 ? SYNTAX.jpeg2000 : SYNTAX.explicit),
      ]),
    );
    expect(recordsOf(directory, 'x00100020')[0]).toEqual(['PATIENT', 'PATIENT-zip']);
    expect(records.filter(([type]) => type === 'SERIES')).toHaveLength(6);
  });

  it('RI-01 RI-08 is of a series and of an instance, too, and of nothing that is not there', async () => {
    const series = await zipOf(await get(seriesPath(bigEndian)));
    expect(series.map(({ name }) => name)).toEqual(['SE000001/IM000001', 'SE000001/IM000002', 'DICOMDIR']);
    const one = await get(bigEndian.path);
    expect(one.headers.get('content-disposition')).toBe(`attachment; filename="${bigEndian.sopInstanceUID}.zip"`);
    const [file, directory, ...others] = await zipOf(one);
    expect([file?.name, digest(file?.bytes), others]).toEqual(['SE000001/IM000001', digest(bigEndian.file), []]);
    expect(recordsOf(directory?.bytes ?? Buffer.alloc(0)).map(([type]) => type)).toEqual([
      'PATIENT',
      'STUDY',
      'SERIES',
      'IMAGE',
    ]);
    for (const path of ['/studies/1.2.3', `${studyPath(first)}/series/1.2.3`, `${seriesPath(first)}/instances/1.2`]) {
      expect((await get(path)).status).toBe(404);
    }
  });

  it('is the same each time', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(async () => digest(new Uint8Array(await (await get(studyPath(first))).arrayBuffer()))),
    );
    expect(one).toBe(other);
  });

  it('MP-18 ST-15 is chunked, for its length is known at its end; and HEAD has its headers', async () => {
    const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: ZIP };
    const target = `/dicom-web${studyPath(first)}`;
    const whole = await ask(archive.url, target, { headers });
    expect([whole.headers['transfer-encoding'], whole.headers['content-length']]).toEqual(['chunked', undefined]);
    const head = await ask(archive.url, target, { headers, method: 'HEAD' });
    expect([head.status, head.headers['content-type'], head.body.length]).toEqual([200, ZIP, 0]);
  });
});

describe('negotiation', () => {
  it.each([
    [ZIP, ''],
    [`${ZIP}; transfer-syntax=*`, ''],
    ['Application/ZIP', ''],
    ['text/html, application/zip;q=0.9', ''],
    ['*/*', '?accept=application/zip'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', '?accept=application/zip'],
  ])('MT-10 MT-15 gives a zip to Accept %s with %s', async (accept, query) => {
    for (const path of [studyPath(first), seriesPath(first), first.path]) {
      const response = await get(path + query, accept);
      await response.arrayBuffer();
      expect([response.status, response.headers.get('content-type')]).toEqual([200, ZIP]);
    }
  });

  it('MT-02 MT-17 MT-21 is no default, and changes no transfer syntax', async () => {
    const type = async (path: string, accept: string): Promise<[number, string | undefined]> => {
      const response = await get(path, accept);
      await response.arrayBuffer();
      return [response.status, response.headers.get('content-type')?.split(';')[0]];
    };
    expect(await type(studyPath(first), '*/*')).toEqual([200, 'multipart/related']);
    expect(await type(first.path, 'application/dicom, application/zip')).toEqual([200, 'application/dicom']);
    expect(await type(seriesPath(first), `${ZIP}; transfer-syntax=${SYNTAX.explicit}`)).toEqual([200, ZIP]);
    expect(await type(compressed.path, `${ZIP}; transfer-syntax=${SYNTAX.jpeg2000}`)).toEqual([200, ZIP]);
    for (const path of [studyPath(first), implicit.path, compressed.path]) {
      expect((await type(path, `${ZIP}; transfer-syntax=${SYNTAX.explicit}`))[0]).toBe(406);
    }
    expect((await type(`${first.path}/metadata`, ZIP))[0]).toBe(406);
    expect((await type(`${first.path}/frames/1`, ZIP))[0]).toBe(406);
  });
});

describe('a licence', () => {
  it('T15 RI-10 gets what it covers, and a DICOMDIR that knows of nothing else', async () => {
    const reference = await archive.addLicence({ project: 'X-rays', kinds: ['xray'] });
    const token = await archive.token({ kind: 'licence', reference, person: 'reader@example.org' });
    const response = await archive.fetch(token, studyPath(first), { headers: { Accept: ZIP } });
    const files = await zipOf(response);
    expect(files.map(({ name }) => name)).toEqual(['SE000001/IM000001', 'SE000002/IM000001', 'DICOMDIR']);
    expect(files.slice(0, 2).map(({ bytes }) => digest(bytes))).toEqual(
      [implicit, compressed].map((made) => digest(made.file)),
    );
    const directory = named(files, 'DICOMDIR');
    expect(recordsOf(directory).map(([type]) => type)).toEqual([
      'PATIENT',
      'STUDY',
      'SERIES',
      'IMAGE',
      'SERIES',
      'IMAGE',
    ]);
    for (const hidden of [first, second, deflated, report, document]) {
      expect(directory.includes(hidden.sopInstanceUID)).toBe(false);
      expect(directory.includes(hidden.seriesInstanceUID)).toBe(false);
    }
    for (const hidden of [seriesPath(first), report.path]) {
      expect((await archive.fetch(token, hidden, { headers: { Accept: ZIP } })).status).toBe(404);
    }
  });
});

describe('damage', () => {
  const large = (study: string, number: number): MadeInstance =>
    makeInstance({
      study: `damaged zip ${study}`,
      instance: `damaged zip ${study}/${number}`,
      attributes: {
        InstanceNumber: String(number),
        Rows: 1024,
        Columns: 1024,
        PixelData: bytesOf(`damaged zip ${number}`, 2 * 1024 * 1024),
      },
    });
  const flip = (made: MadeInstance, at: (bytes: Buffer) => number): Promise<void> =>
    spoilFile(archive, made, (bytes) => {
      bytes[at(bytes)] = (bytes[at(bytes)] ?? 0) ^ 1;
      return bytes;
    });
  const ofStudy = (made: MadeInstance) =>
    ask(archive.url, `/dicom-web${studyPath(made)}`, {
      headers: { Authorization: `Bearer ${archive.curatorToken}`, Accept: ZIP },
    });

  it.each([
    ['in the pixels', (bytes: Buffer) => bytes.length - 100],
    ['in the header', () => 200],
  ])('MP-20 F11 breaks the connection in the middle of a zip: %s', async (name, at) => {
    const [one, two] = [large(name, 1), large(name, 2)];
    await archive.add(one, two);
    await flip(two, at);
    const answer = await ofStudy(one);
    expect([answer.status, answer.isComplete]).toEqual([200, false]);
    expect(answer.body.includes(Buffer.from('PK\u0005\u0006', 'latin1'))).toBe(false);
    await flip(two, at);
    expect((await ofStudy(one)).isComplete).toBe(true);
  });

  it('F12 is told by 500 before the first byte where a file is lost', async () => {
    const [one, two] = [large('lost', 1), large('lost', 2)];
    await archive.add(one, two);
    await spoilFile(archive, two, () => undefined);
    const answer = await ofStudy(one);
    expect([answer.status, answer.headers['content-type']]).toEqual([500, 'application/problem+json']);
  });
});

if (hasOtherReaders()) {
  describe('a zip, as others read it', () => {
    it.each([
      ['study', () => studyPath(first), inOrder],
      ['series', () => seriesPath(bigEndian), [deflated, bigEndian]],
      ['instance', () => report.path, [report]],
    ])('is a sound File-set of a %s to Info-ZIP, Python, DCMTK and pydicom', async (_name, path, made) => {
      const folder = temporaryFolder();
      const zip = join(folder, 'answer.zip');
      writeFileSync(zip, Buffer.from(await (await get(path())).arrayBuffer()));
      await expectSoundZip(zip);
      const unpacked = join(folder, 'unpacked');
      mkdirSync(unpacked);
      await unpackZip(zip, unpacked);
      expect(await complaintsOfDCMTK(join(unpacked, 'DICOMDIR'))).toBe('');
      const [found = []] = await fileSetsIn([unpacked]);
      expect(found.map(({ read }) => read)).toEqual(made.map(({ sopInstanceUID }) => sopInstanceUID));
      for (const { uid, read, records } of found) {
        expect(uid).toBe(read);
        expect(records.slice(0, 3)).toEqual(['PATIENT', 'STUDY', 'SERIES']);
      }
    });
  });
}
