/** Retrieve of studies, series and instances over HTTP. PS3.18 §10.4.1.1.1, §8.7 */
import dicomParser from 'dicom-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dcmjs } from '../support/dcmjs.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { json } from './dicom-json.js';
import {
  bytesOf,
  codeStream,
  digest,
  element,
  type MadeInstance,
  makeInstance,
  SYNTAX,
  swapped,
  valueBytes,
} from './instances.js';
import { partsOf } from './parts.js';
import { ask } from './wire.js';

const PARTS_OF_DICOM = 'multipart/related; type="application/dicom"';
const STORED = `${PARTS_OF_DICOM}; transfer-syntax=*`;
const ONE_STORED = 'application/dicom; transfer-syntax=*';
const PIXEL_DATA = 0x7fe00010;

const ct = [3, 1, 2].map((number) =>
  makeInstance({
    study: 'ct',
    series: 'ct/thin',
    instance: `ct/thin/${number}`,
    attributes: { InstanceNumber: String(number), SeriesNumber: '2' },
    elements: [element(0x00091010, 'private text', 'LO'), element(0x00090010, 'CREATOR', 'LO')],
  }),
);
const localizer = makeInstance({ study: 'ct', series: 'ct/localizer', attributes: { SeriesNumber: '1' } });
const implicit = makeInstance({ study: 'cr', modality: 'CR', transferSyntaxUID: SYNTAX.implicit });
const bigEndian = makeInstance({ study: 'big', transferSyntaxUID: SYNTAX.bigEndian });
const deflated = makeInstance({ study: 'deflated', transferSyntaxUID: SYNTAX.deflated });
const jpeg2000 = makeInstance({
  study: 'j2k',
  transferSyntaxUID: SYNTAX.jpeg2000,
  fragments: [[codeStream('j2k')]],
});
const besideJPEG2000 = makeInstance({ study: 'j2k', series: 'j2k/native', transferSyntaxUID: SYNTAX.implicit });
const manyNumbers = makeInstance({
  study: 'numbers',
  transferSyntaxUID: SYNTAX.implicit,
  attributes: { WindowCenter: Array.from({ length: 9_000 }, (_, i) => `${1_000_000 + i}`) },
});
/** Private elements of two creators, a value of odd length, and padding at the end of the data set. */
const padded = makeInstance({
  study: 'padded',
  transferSyntaxUID: SYNTAX.implicit,
  attributes: { PatientComments: 'odd', DataSetTrailingPadding: Buffer.alloc(126) },
  elements: [
    element(0x00090010, 'ONE', 'LO'),
    element(0x00090011, 'OTHER', 'LO'),
    element(0x00091001, bytesOf('private', 8), 'UN'),
    element(0x00091101, bytesOf('private other', 6), 'UN'),
  ],
});
const lossy = makeInstance({
  study: 'lossy',
  series: 'lossy/1',
  transferSyntaxUID: SYNTAX.jpegBaseline,
  fragments: [[codeStream('lossy')]],
  attributes: { SeriesNumber: '1' },
});
const besideLossy = makeInstance({
  study: 'lossy',
  series: 'lossy/2',
  transferSyntaxUID: SYNTAX.implicit,
  attributes: { SeriesNumber: '2' },
});
const large = makeInstance({
  study: 'large',
  attributes: { Rows: 1024, Columns: 1024, PixelData: bytesOf('large', 2 * 1024 * 1024) },
});
const all = [
  ...ct,
  localizer,
  implicit,
  bigEndian,
  deflated,
  jpeg2000,
  besideJPEG2000,
  manyNumbers,
  padded,
  lossy,
  besideLossy,
  large,
];

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...all);
});
afterAll(() => archive.close());

const studyPath = (made: MadeInstance): string => `/studies/${made.studyInstanceUID}`;
const seriesPath = (made: MadeInstance): string => `${studyPath(made)}/series/${made.seriesInstanceUID}`;
const [thin3, thin1, thin2] = ct;
if (thin1 === undefined || thin2 === undefined || thin3 === undefined) throw new Error('There are three.');

const filesOf = async (path: string, accept = STORED): Promise<readonly Buffer[]> =>
  (await partsOf(await archive.get(path, { Accept: accept }))).parts.map(({ body }) => body);
const digestsOf = async (path: string, accept = STORED): Promise<readonly string[]> =>
  (await filesOf(path, accept)).map(digest);
const digestsOfMade = (...made: readonly MadeInstance[]): readonly string[] => made.map(({ file }) => digest(file));

const statusOf = async (path: string, accept: string): Promise<number> => {
  const response = await archive.get(path, { Accept: accept });
  await response.arrayBuffer();
  return response.status;
};

const metaSyntax = (file: Uint8Array): string | undefined => dicomParser.parseDicom(file).string('x00020010');

describe('what is retrieved', () => {
  it('RI-01 RI-09 MP-01 MP-02 MP-03 gives every instance of a study once, by series and instance number', async () => {
    const response = await archive.get(studyPath(localizer), { Accept: STORED });
    expect([response.status, response.headers.get('content-location')]).toEqual([
      200,
      archive.base + studyPath(localizer),
    ]);
    const { type, parts } = await partsOf(response);
    expect(type).toBe('application/dicom');
    expect(parts.map(({ body }) => digest(body))).toEqual(digestsOfMade(localizer, thin1, thin2, thin3));
    for (const { headers, body } of parts) {
      expect(headers.get('Content-Type')).toBe(`application/dicom; transfer-syntax=${SYNTAX.explicit}`);
      const parsed = dicomParser.parseDicom(body);
      expect(parsed.string('x00020003')).toBe(parsed.string('x00080018'));
    }
  });

  it('RI-01 gives the instances of a series, and one instance', async () => {
    expect(await digestsOf(seriesPath(thin1))).toEqual(digestsOfMade(thin1, thin2, thin3));
    expect(await digestsOf(thin2.path)).toEqual(digestsOfMade(thin2));
  });

  it('MP-06 MP-07 MP-08 MP-09 MP-10 tells of each part where it is, how long, and its transfer syntax without quotes', async () => {
    const { parts } = await partsOf(await archive.get(studyPath(localizer), { Accept: STORED }));
    for (const [i, made] of [localizer, thin1, thin2, thin3].entries()) {
      expect(parts[i]?.headers.get('Content-Location')).toBe(archive.base + made.path);
      expect(parts[i]?.headers.get('Content-Length')).toBe(String(made.file.length));
      expect(parts[i]?.headBytes).toBeLessThanOrEqual(600);
    }
  });

  it('MP-04 MP-05 MP-12 MP-17 makes a boundary of what is sent: the same for the same, and nowhere in the data', async () => {
    const boundaryOf = async (path: string, accept = STORED): Promise<string> =>
      (await partsOf(await archive.get(path, { Accept: accept }))).boundary;
    const again = await Promise.all([1, 2, 3].map(() => boundaryOf(large.path)));
    expect(new Set(again).size).toBe(1);
    const others = await Promise.all([boundaryOf(thin1.path), boundaryOf(`${large.path}/frames/1`, '*/*')]);
    expect(new Set([...again, ...others]).size).toBe(3);
    for (const boundary of [...again, ...others]) expect(boundary).toMatch(/^[0-9a-f]{32}$/);
  });

  it('MP-18 tells the length of the whole, and no other coding beside it', async () => {
    const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: STORED };
    const answer = await ask(archive.url, `/dicom-web${studyPath(large)}`, { headers });
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    const converted = await ask(archive.url, `/dicom-web${implicit.path}`, {
      headers: { ...headers, Accept: PARTS_OF_DICOM },
    });
    expect([converted.headers['transfer-encoding'], converted.headers['content-length']]).toEqual([
      'chunked',
      undefined,
    ]);
  });

  it('RI-03 AMB-04 gives one instance by itself, but neither a study nor a series', async () => {
    const response = await archive.get(thin1.path, { Accept: 'application/dicom' });
    expect(response.headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${SYNTAX.explicit}`);
    expect(response.headers.get('content-location')).toBe(archive.base + thin1.path);
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${thin1.sopInstanceUID}.dcm"`);
    expect(digest(Buffer.from(await response.arrayBuffer()))).toBe(digest(thin1.file));
    expect(await statusOf(seriesPath(localizer), 'application/dicom')).toBe(406);
    expect(await statusOf(studyPath(implicit), 'application/dicom')).toBe(406);
  });

  it.each(['', '/series/1.2.3', '/series/1.2.3/instances/1.2.3'])(
    'RI-08 answers 404 for what is not there: a known study with %s',
    async (rest) => {
      const path = rest === '' ? '/studies/1.2.3' : studyPath(localizer) + rest;
      const response = await archive.get(path);
      expect(response.status).toBe(404);
      expect(await json<object>(response)).toMatchObject({ status: 404, title: 'Not found' });
    },
  );

  it('RI-08 answers 404 for known UIDs that do not belong together', async () => {
    const crossed = [
      `${seriesPath(localizer)}/instances/${thin1.sopInstanceUID}`,
      `${studyPath(implicit)}/series/${thin1.seriesInstanceUID}`,
      `${studyPath(implicit)}/series/${thin1.seriesInstanceUID}/instances/${thin1.sopInstanceUID}`,
    ];
    for (const path of crossed) {
      expect([path, await statusOf(path, '*/*')]).toEqual([path, 404]);
      expect([path, await statusOf(`${path}/metadata`, '*/*')]).toEqual([`${path}`, 404]);
    }
  });

  it('ST-15 MP-18 answers HEAD with the headers of GET', async () => {
    for (const accept of [STORED, 'application/dicom']) {
      const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: accept, 'X-Request-Id': 'one' };
      const [head, get] = await Promise.all(
        ['HEAD', 'GET'].map((method) => ask(archive.url, `/dicom-web${thin1.path}`, { method, headers })),
      );
      const told = ({ date: _date, 'content-type': type, ...rest }: Record<string, string | undefined> = {}) => ({
        ...rest,
        type: type?.replace(/boundary=.*/, ''),
      });
      expect(told(head?.headers)).toEqual(told(get?.headers));
      expect(head?.body).toHaveLength(0);
    }
  });
});

describe('transfer syntaxes', () => {
  it.each([
    ['cr', implicit],
    ['big', bigEndian],
    ['deflated', deflated],
  ] as const)(
    'RI-04 RI-05 RI-06 MT-18 MT-20 gives the native study %s as Explicit VR Little Endian by default',
    async (study, made) => {
      for (const accept of ['*/*', PARTS_OF_DICOM, `${PARTS_OF_DICOM}; transfer-syntax=${SYNTAX.explicit}`]) {
        const answer = await partsOf(await archive.get(made.path, { Accept: accept }));
        const [part] = answer.parts;
        expect(answer.transferSyntaxUID).toBe(SYNTAX.explicit);
        expect(part?.headers.get('Content-Type')).toBe(`application/dicom; transfer-syntax=${SYNTAX.explicit}`);
        expect(part && metaSyntax(part.body)).toBe(SYNTAX.explicit);
        const parsed = dicomParser.parseDicom(part?.body ?? Buffer.alloc(0));
        const { dataOffset = 0, length = 0 } = parsed.elements['x7fe00010'] ?? {};
        expect(part?.body.subarray(dataOffset, dataOffset + length)).toEqual(valueBytes(made, PIXEL_DATA));
        expect([parsed.uint16('x00280010'), parsed.string('x00100020')]).toEqual([3, `PATIENT-${study}`]);
      }
    },
  );

  it.each(all.map((made, i) => [i, made] as const))(
    'RI-07 MT-17 gives what is stored byte for byte: %i',
    async (_i, made) => {
      expect(await digestsOf(made.path, STORED)).toEqual(digestsOfMade(made));
      const single = await archive.get(made.path, { Accept: ONE_STORED });
      expect(digest(Buffer.from(await single.arrayBuffer()))).toBe(digest(made.file));
    },
  );

  it.each([SYNTAX.implicit, SYNTAX.bigEndian, '1.2.840.10008.1.2.4.70', SYNTAX.jpegBaseline, '1.2.3'])(
    'MT-20 MT-21 answers 406 to transfer-syntax=%s',
    async (uid) => {
      for (const made of [implicit, bigEndian, thin1]) {
        expect(await statusOf(made.path, `${PARTS_OF_DICOM}; transfer-syntax=${uid}`)).toBe(406);
      }
    },
  );

  it('RI-11 gives a value too long for the length field of its VR as UN', async () => {
    const [file] = await filesOf(manyNumbers.path, PARTS_OF_DICOM);
    const parsed = dicomParser.parseDicom(file ?? Buffer.alloc(0));
    const { vr, length } = parsed.elements['x00281050'] ?? {};
    expect([vr, length]).toEqual(['UN', valueBytes(manyNumbers, 0x00281050).length]);
  });

  it('MT-17 gives compressed data to who takes any transfer syntax, by its name', async () => {
    const answer = await partsOf(await archive.get(jpeg2000.path, { Accept: STORED }));
    expect(answer.transferSyntaxUID).toBe(SYNTAX.jpeg2000);
    expect(answer.parts[0]?.headers.get('Content-Type')).toBe(`application/dicom; transfer-syntax=${SYNTAX.jpeg2000}`);
    expect(await digestsOf(jpeg2000.path, `${PARTS_OF_DICOM}; transfer-syntax=${SYNTAX.jpeg2000}`)).toEqual(
      digestsOfMade(jpeg2000),
    );
    expect(await digestsOf(jpeg2000.path, '*/*')).toEqual(digestsOfMade(jpeg2000));
  });

  it('MT-19 RI-04 gives what is lossy anyway as stored to who names no transfer syntax, and never as another', async () => {
    for (const path of [lossy.path, seriesPath(lossy)]) {
      const answer = await partsOf(await archive.get(path, { Accept: PARTS_OF_DICOM }));
      expect(answer.transferSyntaxUID).toBe(SYNTAX.jpegBaseline);
      expect(answer.parts.map(({ body }) => digest(body))).toEqual(digestsOfMade(lossy));
      expect(await statusOf(path, `${PARTS_OF_DICOM}; transfer-syntax=${SYNTAX.explicit}`)).toBe(406);
    }
    const single = await archive.get(lossy.path, { Accept: 'application/dicom' });
    expect(single.headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${SYNTAX.jpegBaseline}`);
    expect(digest(Buffer.from(await single.arrayBuffer()))).toBe(digest(lossy.file));
  });

  it('AMB-07 MT-18 names in a 406 the instances whose pixels can not be decoded', async () => {
    for (const [path, accept] of [
      [studyPath(jpeg2000), PARTS_OF_DICOM],
      [jpeg2000.path, 'application/dicom'],
    ] as const) {
      const response = await archive.get(path, { Accept: accept });
      expect(response.status).toBe(406);
      expect(await json<object>(response)).toMatchObject({ compressed: [jpeg2000.sopInstanceUID] });
    }
    const other = await archive.get(thin1.path, { Accept: 'text/csv' });
    expect(await json<object>(other)).not.toHaveProperty('compressed');
  });

  it('MT-19 AMB-07 RI-05 gives a study with lossy and native instances each in its own form, whole', async () => {
    const { transferSyntaxUID, parts } = await partsOf(await archive.get(studyPath(lossy), { Accept: PARTS_OF_DICOM }));
    expect(transferSyntaxUID).toBeUndefined();
    expect(parts.map(({ body }) => metaSyntax(body))).toEqual([SYNTAX.jpegBaseline, SYNTAX.explicit]);
    expect(parts.map(({ headers }) => headers.get('Content-Type'))).toEqual(
      [SYNTAX.jpegBaseline, SYNTAX.explicit].map((uid) => `application/dicom; transfer-syntax=${uid}`),
    );
    expect(digest(parts[0]?.body)).toBe(digest(lossy.file));
    for (const accept of [STORED, '*/*']) {
      expect(await digestsOf(studyPath(lossy), accept)).toEqual(digestsOfMade(lossy, besideLossy));
    }
    for (const uid of [SYNTAX.explicit, SYNTAX.jpegBaseline]) {
      expect(await statusOf(studyPath(lossy), `${PARTS_OF_DICOM}; transfer-syntax=${uid}`)).toBe(406);
    }
  });

  it.each([
    ['implicit', padded],
    ['big endian', bigEndian],
    ['deflated', deflated],
    ['of many numbers', manyNumbers],
  ] as const)('RI-06 gives a file that two other readers read whole: %s', async (_name, made) => {
    const [file = Buffer.alloc(0)] = await filesOf(made.path, PARTS_OF_DICOM);
    expect(file.toString('latin1', 128, 132)).toBe('DICM');
    const parsed = dicomParser.parseDicom(file);
    const { elements } = parsed;
    const groupLength = parsed.uint32('x00020000') ?? 0;
    const metaEnd = (elements['x00020000']?.dataOffset ?? 0) + 4 + groupLength;
    const ends = Object.values(elements).map(({ tag, dataOffset, length }) => ({
      tag,
      end: dataOffset + length,
      length,
    }));
    for (const { length } of ends) expect(length % 2).toBe(0);
    expect(Math.max(...ends.filter(({ tag }) => tag.startsWith('x0002')).map(({ end }) => end))).toBe(metaEnd);
    expect(Math.max(...ends.map(({ end }) => end))).toBe(file.length);
    const expected = made.dataSet.elements.map(({ tag }) => tag.toString(16).padStart(8, '0'));
    expect(Object.keys(elements).filter((tag) => !tag.startsWith('x0002'))).toEqual(expected.map((tag) => `x${tag}`));
    const { dict } = dcmjs.data.DicomMessage.readFile(Uint8Array.from(file).buffer);
    expect(
      Object.keys(dict)
        .map((tag) => tag.toLowerCase())
        .toSorted(),
    ).toEqual(expected);
  });

  it('MT-22 takes the best of several that there is', async () => {
    const accept = `${PARTS_OF_DICOM}; transfer-syntax=${SYNTAX.jpegBaseline}, ${PARTS_OF_DICOM}; transfer-syntax=${SYNTAX.explicit}; q=0.5`;
    expect(await digestsOf(thin1.path, accept)).toEqual(digestsOfMade(thin1));
  });

  it('RB-04 converts the byte order of every binary value', async () => {
    const [file] = await filesOf(bigEndian.path, PARTS_OF_DICOM);
    const stored = dicomParser.parseDicom(bigEndian.file).elements['x7fe00010'];
    const bytes = bigEndian.file.subarray(stored?.dataOffset, (stored?.dataOffset ?? 0) + (stored?.length ?? 0));
    expect(swapped(bytes, 2)).toEqual(valueBytes(bigEndian, PIXEL_DATA));
    expect(file?.includes(valueBytes(bigEndian, PIXEL_DATA))).toBe(true);
  });
});

describe('negotiation', () => {
  it.each([
    'multipart/related; type="application/dicom"; transfer-syntax="*"',
    'multipart/related; type=application/dicom; transfer-syntax=*',
    'Multipart/Related; Type="Application/DICOM"; Transfer-Syntax=*',
    'multipart/related;transfer-syntax=*;type=application/dicom',
    'multipart/related; type="application/dicom; transfer-syntax=*"',
    'multipart/*; transfer-syntax=*',
    'text/csv, */*; q=0.1',
    'foo, multipart/related; type="application/dicom"; level=1',
    '*/*',
    '*',
  ])('MT-08 MT-15 MT-16 takes Accept %s', async (accept) => {
    expect(await digestsOf(thin1.path, accept)).toEqual(digestsOfMade(thin1));
  });

  it('MT-01 AMB-01 takes a missing Accept for any', async () => {
    const headers = { Authorization: `Bearer ${archive.curatorToken}` };
    const answer = await ask(archive.url, `/dicom-web${thin1.path}`, { headers });
    expect([
      answer.status,
      answer.headers['content-type']?.startsWith('multipart/related; type="application/dicom"'),
    ]).toEqual([200, true]);
  });

  it.each(['text/csv', '*/*;q=0', 'application/dicom+json', 'multipart/related; type="image/jpeg"'])(
    'MT-04 MT-06 MT-07 B31 B32 answers 406 and names what there is, to Accept %s',
    async (accept) => {
      const response = await archive.get(thin1.path, { Accept: accept });
      expect(response.status).toBe(406);
      expect(await json<object>(response)).toMatchObject({
        available: expect.arrayContaining([`${PARTS_OF_DICOM}; transfer-syntax=${SYNTAX.explicit}`]),
      });
      expect(response.headers.get('content-location')).toBeNull();
    },
  );

  it('MT-03 MT-04 goes by weights', async () => {
    const octets = 'multipart/related; type="application/octet-stream"';
    const both = (dicom: string, other: string) =>
      archive.get(thin1.path, { Accept: `${PARTS_OF_DICOM}${dicom}, ${octets}${other}` }).then(partsOf);
    expect((await both('', ';q=0.5')).type).toBe('application/dicom');
    expect((await both(';q=0.5', '')).type).toBe('application/octet-stream');
    expect((await both(';q=0', ';q=0.1')).type).toBe('application/octet-stream');
  });

  it('MT-10 MT-14 tries the accept parameter before the header', async () => {
    const accept = encodeURIComponent('multipart/related;type="application/octet-stream"');
    expect((await partsOf(await archive.get(`${thin1.path}?accept=${accept}`))).type).toBe('application/octet-stream');
    const single = await archive.get(`${thin1.path}?accept=application/dicom`);
    expect(digest(Buffer.from(await single.arrayBuffer()))).toBe(digest(thin1.file));
  });

  it('MT-12 answers 406 when the header refuses what the parameter names', async () => {
    const response = await archive.get(`${thin1.path}?accept=application/dicom`, { Accept: PARTS_OF_DICOM });
    expect(response.status).toBe(406);
  });

  it.each(['image/*', '*/*', 'multipart/related;type=%22*/*%22', 'application/dicom,image/jpeg'])(
    'MT-11 MT-13 answers 400 to accept=%s',
    async (accept) => {
      expect((await archive.get(`${thin1.path}?accept=${accept}`)).status).toBe(400);
    },
  );

  it('B32 answers 400 to an Accept beyond all reason', async () => {
    expect(await statusOf(thin1.path, `text/plain;x=${'y'.repeat(17 * 1024)}`)).toBe(400);
  });

  it('ST-08 MP-17 never answers 206 to a multipart body, nor to who does not ask for a range', async () => {
    const response = await archive.get(thin1.path, { Range: 'bytes=0-9' });
    expect(response.status).toBe(200);
    expect((await partsOf(response)).parts).toHaveLength(1);
  });
});
