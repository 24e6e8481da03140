/** Store over HTTP: what a sender is told, and what is there afterwards. PS3.18 §10.5, Annex I */
import { Agent, createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { multipartBody } from '../support/running-archive.js';
import { keysBelow } from '../support/whole-blob.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, found, items, type JSONDataSet, json } from './dicom-json.js';
import { bytesOf, digest, type MadeInstance, makeInstance, SYNTAX } from './instances.js';
import { keysOfSeries } from './stored-blob.js';
import { ask, lastStatus, sendRaw, type WireAnswer } from './wire.js';

const FAILED = '00081198';
const STORED = '00081199';
const OTHERS = '0008119A';
const REASON = '00081197';
const MULTIPART = 'multipart/related; type="application/dicom"; boundary=parts';

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
});
afterAll(() => archive.close());

const send = (
  body: Uint8Array,
  contentType: string | undefined = MULTIPART,
  path = '/studies',
  headers: Readonly<Record<string, string>> = {},
): Promise<WireAnswer> =>
  ask(archive.url, `/dicom-web${path}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${archive.siteToken}`,
      ...(contentType === '' ? {} : { 'Content-Type': contentType }),
      'Content-Length': String(body.length),
      ...headers,
    },
    body,
  });

const sendFiles = (...files: readonly Uint8Array[]): Promise<WireAnswer> => send(multipartBody(files, 'parts'));

const moduleOf = ({ headers, body }: WireAnswer): JSONDataSet => {
  expect(headers['content-type']).toBe('application/dicom+json');
  return JSON.parse(body.toString());
};

/** The Failure Reasons of an answer, of named and of other failures. */
const reasonsOf = (answer: WireAnswer): readonly (string | undefined)[] =>
  [FAILED, OTHERS].flatMap((tag) => items(moduleOf(answer), tag)).map((item) => firstValue(item, REASON));

const storedFile = async ({ path }: MadeInstance): Promise<Buffer | undefined> => {
  const response = await archive.get(path, { Accept: 'application/dicom; transfer-syntax=*' });
  return response.status === 200 ? Buffer.from(await response.arrayBuffer()) : undefined;
};

const isStored = async (made: MadeInstance): Promise<boolean> => (await storedFile(made)) !== undefined;

const problemOf = (answer: WireAnswer): Readonly<Record<string, unknown>> => {
  expect(answer.headers['content-type']).toBe('application/problem+json');
  return JSON.parse(answer.body.toString());
};

/** A POST request as bytes, up to its body. */
const requestHead = (headers: readonly string[], token = archive.siteToken): string =>
  ['POST /dicom-web/studies HTTP/1.1', 'Host: archive', `Authorization: Bearer ${token}`, ...headers, '', ''].join(
    '\r\n',
  );

describe('instances that are stored', () => {
  it('SW-01 SW-10 SW-15 SW-19 SW-20 B3 AMB-13 tells of each by its UIDs and URL, in one object', async () => {
    const made = makeInstance({ study: 'stored' });
    const answer = await sendFiles(made.file);
    const study = `${archive.base}/studies/${made.studyInstanceUID}`;
    expect(answer.status).toBe(200);
    expect(moduleOf(answer)).toEqual({
      '00081190': { vr: 'UR', Value: [study] },
      [STORED]: {
        vr: 'SQ',
        Value: [
          {
            '00081150': { vr: 'UI', Value: [made.sopClassUID] },
            '00081155': { vr: 'UI', Value: [made.sopInstanceUID] },
            '00081190': { vr: 'UR', Value: [archive.base + made.path] },
          },
        ],
      },
    });
    expect(answer.headers['location']).toBe(study);
    expect(answer.headers['content-location']).toBe(study);
  });

  it('SW-01 takes several studies at once under /studies and names no study as theirs', async () => {
    const [a, b] = [makeInstance({ study: 'several a' }), makeInstance({ study: 'several b' })];
    const answer = await sendFiles(a.file, b.file);
    expect(answer.status).toBe(200);
    expect(moduleOf(answer)['00081190']).toEqual({ vr: 'UR' });
    expect(answer.headers['location']).toBeUndefined();
    expect([await isStored(a), await isStored(b)]).toEqual([true, true]);
  });

  it('SW-01 T32 B2 refuses under /studies/{study} what belongs to another study, and keeps the rest', async () => {
    const [own, other] = [makeInstance({ study: 'own' }), makeInstance({ study: 'other' })];
    const answer = await send(
      multipartBody([own.file, other.file], 'parts'),
      MULTIPART,
      `/studies/${own.studyInstanceUID}`,
    );
    expect(answer.status).toBe(202);
    expect(reasonsOf(answer)).toEqual([String(0xa900)]);
    expect([await isStored(own), await isStored(other)]).toEqual([true, false]);
  });

  it('SW-03 takes one instance by itself as application/dicom', async () => {
    const made = makeInstance({ study: 'single part' });
    expect((await send(made.file, 'application/dicom')).status).toBe(200);
    expect(digest(await storedFile(made))).toBe(digest(made.file));
  });

  it('SW-31 is found by a search at once', async () => {
    const made = makeInstance({ study: 'at once' });
    await archive.add(made);
    const answers = await found(await archive.get(`/instances?SOPInstanceUID=${made.sopInstanceUID}`));
    expect(answers).toHaveLength(1);
  });

  it('SW-08 ST-10 takes a chunked body as well as one of told length, and large ones', async () => {
    const made = makeInstance({
      study: 'chunked',
      attributes: { Rows: 1024, Columns: 1024, PixelData: bytesOf('chunked', 2 * 1024 * 1024) },
    });
    const body = multipartBody([made.file], 'parts');
    const answer = await ask(archive.url, '/dicom-web/studies', {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${archive.siteToken}`,
        'Content-Type': MULTIPART,
        'Transfer-Encoding': 'chunked',
      },
      body,
    });
    expect(answer.status).toBe(200);
    expect(digest(await storedFile(made))).toBe(digest(made.file));
  });

  it('SW-29 B4 says of the same bytes again that they are stored, and keeps one file', async () => {
    const made = makeInstance({ study: 'twice' });
    await archive.add(made, made);
    expect((await sendFiles(made.file)).status).toBe(200);
    expect(await keysOfSeries(archive, made)).toHaveLength(1);
    expect(await found(await archive.get(`/studies/${made.studyInstanceUID}/instances`))).toHaveLength(1);
  });

  it('SW-29 gives all of thirty-two senders of the same bytes the same answer', async () => {
    const { file } = makeInstance({ study: 'thirty-two' });
    const answers = await Promise.all(Array.from({ length: 32 }, () => sendFiles(file)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('SW-22 goes by the transfer syntax of the file, whatever that of its part says', async () => {
    const made = makeInstance({ study: 'contradiction', transferSyntaxUID: SYNTAX.implicit });
    const body = Buffer.concat([
      Buffer.from(`--parts\r\nContent-Type: application/dicom; transfer-syntax=${SYNTAX.jpeg2000}\r\n\r\n`),
      made.file,
      Buffer.from('\r\n--parts--'),
    ]);
    expect((await send(body)).status).toBe(200);
    const [answer] = await found(await archive.get(`/instances?SOPInstanceUID=${made.sopInstanceUID}`));
    // Implicit VR is not named; what would be JPEG 2000 were.
    expect(answer && firstValue(answer, '00083002')).toBe(SYNTAX.explicit);
    expect(digest(await storedFile(made))).toBe(digest(made.file));
  });

  it.each(['implicit', 'bigEndian', 'deflated'] as const)('SW-23 takes %s and keeps it byte for byte', async (name) => {
    const made = makeInstance({ study: `kept ${name}`, transferSyntaxUID: SYNTAX[name] });
    await archive.add(made);
    expect(digest(await storedFile(made))).toBe(digest(made.file));
  });

  it('SW-24 RI-07 keeps private elements, odd names and long values byte for byte', async () => {
    const made = makeInstance({
      study: 'kept whole',
      attributes: { PatientName: 'Wáng^XiǎoDōng=王^小東=ワン', StudyDescription: ' spaces within and after ' },
    });
    await archive.add(made);
    expect(digest(await storedFile(made))).toBe(digest(made.file));
  });
});

describe('instances with a warning', () => {
  const withPreamble = (made: MadeInstance): Buffer => {
    const file = Buffer.from(made.file);
    file.write('#!/bin/sh\n');
    return file;
  };

  it('AMB-11 SW-16 answers 202 with Warning Reason B000H when the preamble had to be emptied', async () => {
    const made = makeInstance({ study: 'preamble' });
    const answer = await sendFiles(withPreamble(made));
    expect(answer.status).toBe(202);
    const [item] = items(moduleOf(answer), STORED);
    expect(item?.['00081196']).toEqual({ vr: 'US', Value: [0xb000] });
    expect((await storedFile(made))?.subarray(0, 128)).toEqual(Buffer.alloc(128));
    expect(digest((await storedFile(made))?.subarray(128))).toBe(digest(made.file.subarray(128)));
  });

  it('AMB-11 says the same of it when it comes again', async () => {
    const made = makeInstance({ study: 'preamble again' });
    expect((await sendFiles(withPreamble(made))).status).toBe(202);
    expect((await sendFiles(withPreamble(made))).status).toBe(202);
  });
});

describe('instances that are refused', () => {
  it('SW-11 B2 stores the good of a mixture and tells of both', async () => {
    const good = makeInstance({ study: 'mixture' });
    const bad = makeInstance({ study: 'mixture', instance: 'mixture/bad', attributes: { StudyInstanceUID: '1..2' } });
    const answer = await sendFiles(bad.file, good.file, Buffer.from('garbage'));
    expect(answer.status).toBe(202);
    const module = moduleOf(answer);
    expect(Object.keys(module)).toEqual(['00081190', FAILED, STORED, OTHERS]);
    expect(items(module, STORED).map((item) => firstValue(item, '00081155'))).toEqual([good.sopInstanceUID]);
    expect(items(module, FAILED).map((item) => firstValue(item, '00081155'))).toEqual([bad.sopInstanceUID]);
    expect(items(module, OTHERS).map((item) => Object.keys(item)[0])).toEqual([REASON]);
  });

  it('SW-12 AMB-12 ST-13 B1 answers 409 with 0122H to a SOP Class that is none of storage', async () => {
    const wrong = makeInstance({
      study: 'refused',
      attributes: { SOPClassUID: '1.2.840.10008.1.1' },
      fileMeta: { sopClassUID: '1.2.840.10008.1.1' },
    });
    const answer = await sendFiles(wrong.file);
    expect(answer.status).toBe(409);
    const [item] = items(moduleOf(answer), FAILED);
    expect(item?.['00081150']).toEqual({ vr: 'UI', Value: ['1.2.840.10008.1.1'] });
    expect(item?.['00081155']).toEqual({ vr: 'UI', Value: [wrong.sopInstanceUID] });
    expect(item?.[REASON]).toEqual({ vr: 'US', Value: [0x0122] });
  });

  it('SW-13 SW-32 answers 409 with C000H under Other Failures to a part that is no DICOM', async () => {
    const answer = await sendFiles(bytesOf('garbage', 5_000));
    expect(answer.status).toBe(409);
    expect(Object.keys(moduleOf(answer))).toEqual(['00081190', OTHERS]);
    expect(reasonsOf(answer)).toEqual([String(0xc000)]);
  });

  it.each([
    ['no Study Instance UID', { attributes: { StudyInstanceUID: undefined } }, 0xa900],
    ['an empty Series Instance UID', { attributes: { SeriesInstanceUID: '' } }, 0xa900],
    ['a Series Instance UID that is none', { attributes: { SeriesInstanceUID: '../../etc' } }, 0xa900],
    ['two Study Instance UIDs', { attributes: { StudyInstanceUID: ['1.2', '1.3'] } }, 0xa900],
    ['no SOP Instance UID', { attributes: { SOPInstanceUID: undefined } }, 0xa900],
    ['no SOP Class UID', { attributes: { SOPClassUID: undefined } }, 0xa900],
    ['another SOP Instance UID in its File Meta', { fileMeta: { sopInstanceUID: '1.2.3' } }, 0xa900],
    ['another SOP Class UID in its File Meta', { fileMeta: { sopClassUID: '1.2.840.10008.5.1.4.1.1.4' } }, 0xa900],
    ['a transfer syntax nobody knows', { transferSyntaxUID: '1.2.3.4' }, 0xc122],
    ['a Patient ID with a line feed', { attributes: { PatientID: 'A\nB' } }, 0xc000],
  ])('SW-17 SW-32 refuses an instance with %s', async (name, options, reason) => {
    const made = makeInstance({ study: `bad ${name}`, ...options });
    const answer = await sendFiles(made.file);
    expect(answer.status).toBe(409);
    expect(reasonsOf(answer)).toEqual([String(reason)]);
    expect(await isStored(made)).toBe(false);
  });

  it.each([10, 140, 200, 400, 640])('SW-32 refuses a file that was cut after %i bytes, once', async (lengthBytes) => {
    const { file } = makeInstance({ study: 'cut' });
    expect(file.length).toBeGreaterThan(640);
    const answer = await sendFiles(file.subarray(0, lengthBytes));
    expect(answer.status).toBe(409);
    expect(reasonsOf(answer)).toHaveLength(1);
  });

  it('SW-18 names one reason when several hold', async () => {
    const made = makeInstance({
      study: 'several reasons',
      attributes: { SOPClassUID: '1.2.840.10008.1.1', StudyInstanceUID: undefined, PatientID: 'A\nB' },
    });
    expect(reasonsOf(await sendFiles(made.file))).toEqual([String(0xa900)]);
  });

  it('SW-29 T29 keeps the first of two different instances under one UID, and says 0111H', async () => {
    const first = makeInstance({ study: 'duplicate' });
    const second = makeInstance({ study: 'duplicate', attributes: { PixelData: bytesOf('other pixels', 24) } });
    await archive.add(first);
    const answer = await sendFiles(second.file);
    expect([answer.status, reasonsOf(answer)]).toEqual([409, [String(0x0111)]]);
    expect(digest(await storedFile(first))).toBe(digest(first.file));
  });

  it('SW-29 lets one of two different instances under one UID win when they come at once', async () => {
    const rivals = Array.from({ length: 8 }, (_, i) =>
      makeInstance({ study: 'rivals', attributes: { PixelData: bytesOf(`rival ${i}`, 24) } }),
    );
    const answers = await Promise.all(rivals.map(({ file }) => sendFiles(file)));
    const winners = rivals.filter((_, i) => answers[i]?.status === 200);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
    expect(digest(winners[0] && (await storedFile(winners[0])))).toBe(digest(winners[0]?.file));
  });

  it.each([
    ['study', { study: 'moved elsewhere', series: 'moved/1', instance: 'moved/1/1' }],
    ['series', { study: 'moved', series: 'moved/2', instance: 'moved/1/1' }],
    ['patient', { study: 'moved', series: 'moved/3', instance: 'moved/3/1', attributes: { PatientID: 'ANOTHER' } }],
    ['modality', { study: 'moved', series: 'moved/1', instance: 'moved/1/2', modality: 'MR' }],
  ])('SW-30 T30 refuses what is known under another %s', async (_name, options) => {
    await archive.add(makeInstance({ study: 'moved', series: 'moved/1', instance: 'moved/1/1' }));
    const answer = await sendFiles(makeInstance(options).file);
    expect([answer.status, reasonsOf(answer)]).toEqual([409, [String(0xa900)]]);
  });

  it('T49 echoes nothing of a refused data set but its UIDs', async () => {
    const made = makeInstance({ study: 'echo', attributes: { PatientName: 'CANARY', PatientID: 'CANARY\nX' } });
    expect((await sendFiles(made.file)).body.toString()).not.toContain('CANARY');
  });

  it('answers one refused by itself while most of it is still to come, and the connection goes on', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const headers = { Authorization: `Bearer ${archive.siteToken}`, 'Content-Type': 'application/dicom' };
    const large = makeInstance({
      study: 'refused early',
      attributes: { SOPClassUID: '1.2.3', Rows: 2048, Columns: 2048, PixelData: Buffer.alloc(8 * 1024 * 1024) },
      fileMeta: { sopClassUID: '1.2.3' },
    });
    for (let i = 0; i < 3; i++) {
      const body = large.file;
      const answer = await ask(archive.url, '/dicom-web/studies', { method: 'POST', headers, body, agent });
      expect([answer.status, reasonsOf(answer)]).toEqual([409, [String(0x0122)]]);
    }
    agent.destroy();
  });
});

describe('content types', () => {
  const made = makeInstance({ study: 'content types' });
  const body = multipartBody([made.file], 'parts');

  it.each([
    'multipart/related; type="application/dicom"; boundary=parts',
    'multipart/related; type=application/dicom; boundary=parts',
    'multipart/related; type="application/dicom"; boundary="parts"',
    'multipart/related;boundary=parts;type=application/dicom',
    'Multipart/Related; Type="Application/DICOM"; Boundary=parts',
    'multipart/related; type="application/dicom"; boundary=parts; charset=utf-8',
    'multipart/related; start="<a@b>"; type="application/dicom"; boundary=parts; start-info=x',
    'multipart/related; type="application/dicom; transfer-syntax=1.2.840.10008.1.2.1"; boundary=parts',
  ])('SW-04 takes %s', async (type) => {
    expect((await send(body, type)).status).toBe(200);
  });

  it.each([
    ['none', ''],
    ['text', 'text/plain'],
    ['a form', 'multipart/form-data; boundary=parts'],
    ['text in parts', 'multipart/related; type="text/xml"; boundary=parts'],
    ['an image', 'multipart/related; type="image/jpeg"; boundary=parts'],
    ['JSON alone', 'application/dicom+json'],
    ['nonsense', ';;;'],
  ])('SW-06 SW-14 ST-11 B6 B9 answers 415 naming what is taken: %s', async (_name, type) => {
    const answer = await send(body, type);
    expect(answer.status).toBe(415);
    const supported = [
      'multipart/related; type="application/dicom"',
      'multipart/related; type="application/dicom+json"',
      'multipart/related; type="application/dicom+xml"',
      'application/dicom',
    ];
    expect(problemOf(answer)['supported']).toEqual(supported);
    expect(answer.headers['accept-post']).toBe(supported.join(', '));
  });

  it.each([
    ['no boundary', 'multipart/related; type="application/dicom"'],
    ['no type', 'multipart/related; boundary=parts'],
    ['an empty boundary', 'multipart/related; type="application/dicom"; boundary=""'],
    ['two boundaries', 'multipart/related; type="application/dicom"; boundary=parts; boundary=other'],
    ['a boundary of unlawful characters', 'multipart/related; type="application/dicom"; boundary="a\u00e9<>"'],
    ['a boundary without end', `multipart/related; type="application/dicom"; boundary=${'b'.repeat(300)}`],
  ])('SW-06 B7 answers 400: %s', async (_name, type) => {
    const answer = await send(body, type);
    expect(answer.status).toBe(400);
    expect(problemOf(answer)['detail']).toMatch(/boundary|type/);
  });

  it.each(['gzip', 'deflate', 'br', 'x'])('SW-35 B17 answers 415 to Content-Encoding %s', async (coding) => {
    const answer = await send(body, MULTIPART, '/studies', { 'Content-Encoding': coding });
    expect([answer.status, answer.headers['accept-encoding']]).toEqual([415, 'identity']);
  });

  it('SW-35 takes Content-Encoding identity', async () => {
    expect((await send(body, MULTIPART, '/studies', { 'Content-Encoding': 'identity' })).status).toBe(200);
  });

  it('SW-19 answers 406 before anything is stored when no form of the answer would do', async () => {
    const unwanted = makeInstance({ study: 'unwanted' });
    const answer = await send(multipartBody([unwanted.file], 'parts'), MULTIPART, '/studies', { Accept: 'text/csv' });
    const available = ['application/dicom+json', 'application/dicom+xml'];
    expect([answer.status, problemOf(answer)['available']]).toEqual([406, available]);
    expect(await isStored(unwanted)).toBe(false);
  });

  it.each(['application/dicom+json', 'application/json', '*/*', 'application/*'])(
    'SW-19 SW-38 answers in DICOM JSON, never with 201, to Accept %s',
    async (accept) => {
      const answer = await send(body, MULTIPART, '/studies', { Accept: accept });
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/dicom+json']);
    },
  );

  it('answers 400 to a study in the path that is no UID', async () => {
    expect((await send(body, MULTIPART, '/studies/abc')).status).toBe(400);
  });
});

describe('multipart bodies', () => {
  const made = makeInstance({ study: 'bodies' });
  const part = (file: Uint8Array, head = 'Content-Type: application/dicom'): Buffer =>
    Buffer.concat([Buffer.from(`--parts\r\n${head}\r\n\r\n`), file, Buffer.from('\r\n')]);
  const end = Buffer.from('--parts--');
  const joined = (...pieces: readonly (Buffer | string)[]): Buffer =>
    Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)));

  it.each([
    ['a line end before the first boundary', joined('\r\n', part(made.file), end)],
    ['no line end after the last', joined(part(made.file), end)],
    ['a preamble and an epilogue', joined('for people\r\n', part(made.file), end, '\r\nfor people\r\n')],
    [
      'spaces after the boundary',
      joined(part(made.file).toString('latin1').replace('parts\r\n', 'parts  \t\r\n'), end),
    ],
    [
      'a part without header fields',
      joined(part(made.file, '').toString('latin1').replace('\r\n\r\n\r\n', '\r\n\r\n'), end),
    ],
    ['header fields of any case', joined(part(made.file, 'content-TYPE:Application/DICOM\r\nX-Other: 1'), end)],
  ])('SW-05 B12 takes %s', async (_name, body) => {
    expect((await send(body)).status).toBe(200);
  });

  it('B11 stores a boundary within pixel data byte for byte', async () => {
    const text = Buffer.from('a--parts--parts-x\r\n--partsX\r\n--part\r\n-- parts', 'latin1');
    const made = makeInstance({
      study: 'boundary within',
      attributes: { PixelData: Buffer.concat([text, Buffer.alloc(48 - text.length)]), Rows: 6, Columns: 4 },
    });
    await archive.add(made);
    expect(digest(await storedFile(made))).toBe(digest(made.file));
  });

  it.each([
    ['nothing', ''],
    ['only an epilogue', 'just text'],
    ['a closing boundary only', '--parts--'],
    ['lines that end with LF', '--parts\nContent-Type: application/dicom\n\nx\n--parts--'],
    ['header fields of 9 KiB', `--parts\r\nX: ${'x'.repeat(9_000)}\r\n\r\nx\r\n--parts--`],
    [
      'thirty-three header fields',
      `--parts\r\n${Array.from({ length: 33 }, (_, i) => `X-${i}: 1`).join('\r\n')}\r\n\r\nx\r\n--parts--`,
    ],
    ['a header field twice', '--parts\r\nX: 1\r\nx: 2\r\n\r\nx\r\n--parts--'],
    ['a folded header field', '--parts\r\nX: 1\r\n 2\r\n\r\nx\r\n--parts--'],
    ['a NUL in a header field', '--parts\r\nX: 1\0\r\n\r\nx\r\n--parts--'],
  ])('SW-13 SW-33 B5 B12 B13 answers 400 to a body of %s', async (_name, body) => {
    const answer = await send(Buffer.from(body, 'latin1'));
    expect(answer.status).toBe(400);
    expect(problemOf(answer)['status']).toBe(400);
  });

  it('B14 tells of a part that is no instance and stores the others', async () => {
    const other = makeInstance({ study: 'beside octets' });
    const answer = await send(
      joined(part(other.file, 'Content-Type: application/octet-stream'), part(other.file), end),
    );
    expect([answer.status, reasonsOf(answer)]).toEqual([202, [String(0xc000)]]);
    expect(await isStored(other)).toBe(true);
  });

  it('SW-33 B15 T55 answers 413 to more than ten thousand parts', async () => {
    const body = Buffer.from(`${'--parts\r\n\r\nx\r\n'.repeat(10_001)}--parts--`);
    expect((await send(body)).status).toBe(413);
  });

  it('SW-28 T73 fetches nothing that a part refers to', async () => {
    let asked = 0;
    const bystander = createServer((_request, response) => {
      asked += 1;
      response.end();
    });
    await new Promise<void>((resolve) => bystander.listen(0, '127.0.0.1', resolve));
    const address = bystander.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const head = `Content-Type: application/dicom\r\nContent-Location: http://127.0.0.1:${port}/x`;
    expect((await send(joined(part(made.file, head), end))).status).toBe(200);
    await new Promise((resolve) => bystander.close(resolve));
    expect(asked).toBe(0);
  });

  it('SW-07 B10 keeps whole parts of a body that is not closed, and answers 400 naming them', async () => {
    const [whole, torn] = [makeInstance({ study: 'whole' }), makeInstance({ study: 'torn' })];
    const answer = await send(joined(part(whole.file), part(torn.file).subarray(0, -2)));
    expect(answer.status).toBe(400);
    const module = moduleOf(answer);
    expect(items(module, STORED).map((item) => firstValue(item, '00081155'))).toEqual([whole.sopInstanceUID]);
    expect(items(module, OTHERS).map((item) => firstValue(item, REASON))).toEqual([String(0xc000)]);
    expect([await isStored(whole), await isStored(torn)]).toEqual([true, false]);
  });
});

describe('connections', () => {
  it('SW-07 F16 stores no half of an instance when the sender goes away, and leaves no file behind', async () => {
    const [whole, torn] = [makeInstance({ study: 'gone whole' }), makeInstance({ study: 'gone torn' })];
    const body = multipartBody([whole.file, torn.file], 'parts');
    const head = requestHead([`Content-Type: ${MULTIPART}`, `Content-Length: ${body.length}`]);
    await sendRaw(archive.url, Buffer.concat([Buffer.from(head), body.subarray(0, body.length - 60)]), {
      destroyAfterMs: 300,
    });
    await expect.poll(() => isStored(whole)).toBe(true);
    expect(await isStored(torn)).toBe(false);
    await expect.poll(() => keysBelow(archive.blobs, 'incoming')).toEqual([]);
  });

  it('SW-34 asks who waits with his body for it, once type and token are found good', async () => {
    const made = makeInstance({ study: 'expected' });
    const body = multipartBody([made.file], 'parts');
    const head = requestHead([
      `Content-Type: ${MULTIPART}`,
      `Content-Length: ${body.length}`,
      'Expect: 100-continue',
      'Connection: close',
    ]);
    const received = await sendRaw(archive.url, head, { after: body });
    expect(received.startsWith('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n')).toBe(true);
    expect(await isStored(made)).toBe(true);
  });

  it.each([
    ['401 without a good token', 'bad', MULTIPART, 1_000, 401],
    ['415 for another type', undefined, 'text/plain', 1_000, 415],
    ['413 for five thousand gigabytes', undefined, MULTIPART, 5 * 1024 ** 4, 413],
  ])('SW-33 SW-34 B16 B19 answers %s without asking for the body', async (_name, token, type, length, status) => {
    const lines = [`Content-Type: ${type}`, `Content-Length: ${length}`, 'Expect: 100-continue', 'Connection: close'];
    const received = await sendRaw(archive.url, requestHead(lines, token));
    expect(received).not.toContain('100 Continue');
    expect(lastStatus(received)).toBe(status);
  });

  it('ST-09 B16 answers 413 to a told length beyond the limit before the body comes, and closes', async () => {
    const lines = [`Content-Type: ${MULTIPART}`, `Content-Length: ${5 * 1024 ** 4}`];
    const received = await sendRaw(archive.url, requestHead(lines));
    expect(lastStatus(received)).toBe(413);
    expect(received).toMatch(/^Connection: close\r$/m);
  });

  it.each([
    ['400 to a malformed part', '--parts\r\nX 1\r\n\r\n', 400],
    ['413 to too many parts', '--parts\r\n\r\nx\r\n'.repeat(10_001), 413],
  ])('answers %s while most of the body is still to come, and its sender goes on', async (_name, begin, status) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const headers = { Authorization: `Bearer ${archive.siteToken}`, 'Content-Type': MULTIPART };
    const body = Buffer.concat([Buffer.from(begin), Buffer.alloc(8 * 1024 * 1024)]);
    for (let i = 0; i < 2; i++) {
      const answer = await ask(archive.url, '/dicom-web/studies', { method: 'POST', headers, body, agent });
      expect(answer.status).toBe(status);
    }
    const good = multipartBody([makeInstance({ study: 'after a refusal' }).file], 'parts');
    const answer = await ask(archive.url, '/dicom-web/studies', { method: 'POST', headers, body: good, agent });
    expect(answer.status).toBe(200);
    agent.destroy();
  });

  it('serves many stores on one connection, each as the first', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', note);
    for (let i = 0; i < 15; i++) {
      const body = multipartBody([makeInstance({ study: 'one connection', instance: `one ${i}` }).file], 'parts');
      const headers = { Authorization: `Bearer ${archive.siteToken}`, 'Content-Type': MULTIPART };
      expect((await ask(archive.url, '/dicom-web/studies', { method: 'POST', headers, body, agent })).status).toBe(200);
    }
    agent.destroy();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('T71 B38 answers 400 to a request of two lengths', async () => {
    const lines = [`Content-Type: ${MULTIPART}`, 'Content-Length: 5', 'Transfer-Encoding: chunked'];
    expect(lastStatus(await sendRaw(archive.url, `${requestHead(lines)}0\r\n\r\n`))).toBe(400);
  });
});

describe('who may store', () => {
  it('lets no licence store, and says so without reading', async () => {
    const reference = await archive.addLicence({ project: 'Reads only' });
    const token = await archive.token({ kind: 'licence', reference, person: 'reader@example.org' });
    const response = await archive.store(token, [makeInstance({ study: 'by a licence' }).file]);
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain('insufficient_scope');
  });

  it('lets a curator add to the study of a site', async () => {
    await archive.add(makeInstance({ study: 'curated', series: 'curated/1' }));
    const added = makeInstance({ study: 'curated', series: 'curated/2', modality: 'SR' });
    expect((await archive.store(archive.curatorToken, [added.file])).status).toBe(200);
    expect(await isStored(added)).toBe(true);
  });

  it('T31 refuses what another site adds to a study, in the words for any other misfit', async () => {
    await archive.addSite('Site B');
    const other = await archive.token({ kind: 'site', site: 'Site B' });
    await archive.add(makeInstance({ study: 'of site A', series: 'of site A/1' }));
    const intruder = makeInstance({ study: 'of site A', series: 'of site A/2' });
    const response = await archive.store(other, [intruder.file]);
    const module = await json<JSONDataSet>(response);
    const [item] = items(module, FAILED);
    expect([response.status, item && firstValue(item, REASON)]).toEqual([409, String(0xa900)]);
    expect(JSON.stringify(module)).not.toContain('Site A');
  });
});
