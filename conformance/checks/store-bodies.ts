/** PS3.18 §8.7.1, §10.5.1: bodies of Store requests of every shape, well-formed or not. */
import { gzipSync } from 'node:zlib';
import { type Check, check, DICOM_TYPE, instanceURL, JSON_TYPE, type Trial } from '../check.js';
import { readDataSets } from '../dicom/dicom-json.js';
import { encodePart10 } from '../dicom/part10-writer.js';
import type { Fixture } from '../fixtures/fixture.js';
import { writeMultipart } from '../wire/multipart.js';
import { failedIn, freshImage, hex, reasonsIn, referencedIn, send, sendFiles } from './storing.js';

const bodyOf = (image: Fixture, boundary: string): Buffer =>
  writeMultipart([{ type: 'application/dicom', body: image.file }], boundary);

async function isTaken(t: Trial, image: Fixture, body: Buffer, contentType: string): Promise<void> {
  const answer = await send(t, body, contentType);
  t.status(answer, 200, 202);
  t.equal(referencedIn(answer), [image.instance], `instances stored from Content-Type: ${contentType}`);
}

async function isAbsent(t: Trial, image: Fixture): Promise<void> {
  t.status(await t.get(`${instanceURL(image)}/metadata`, JSON_TYPE), 404);
  const list = await t.get(`/instances?SOPInstanceUID=${image.instance}`, JSON_TYPE);
  t.expect(!list.body.includes(image.instance), 'nothing of it in a search', list.body.toString());
}

export const STORE_BODY_CHECKS: readonly Check[] = [
  check('SW-04', 'M', '8.7.1', 'Content-Type in every lawful spelling', async (t) => {
    t.stores();
    for (const type of [
      'multipart/related; type="application/dicom"; boundary=b',
      'multipart/related; type=application/dicom; boundary=b',
      'multipart/related; type="application/dicom"; boundary="b"',
      'multipart/related; boundary=b; type="application/dicom"',
      'multipart/related;type="application/dicom";boundary=b',
      'Multipart/Related; Type="application/dicom"; Boundary=b',
      'MULTIPART/RELATED; type="Application/DICOM"; boundary=b',
      'multipart/related; type="application/dicom"; boundary=b; charset=utf-8; extra="x;y"',
    ]) {
      const image = freshImage(t);
      await isTaken(t, image, bodyOf(image, 'b'), type);
    }
    const odd = freshImage(t);
    await isTaken(t, odd, bodyOf(odd, "a'b:c=d?"), `${DICOM_TYPE}; boundary="a'b:c=d?"`);
  }),
  check('SW-05', 'P', 'dicomweb-client', 'what real clients send around the parts', async (t) => {
    t.stores();
    const type = `${DICOM_TYPE}; boundary=b`;
    const shapes: readonly ((image: Fixture) => Buffer)[] = [
      (image) => Buffer.concat([Buffer.from('\r\n'), bodyOf(image, 'b')]),
      (image) => bodyOf(image, 'b').subarray(0, -2),
      (image) => Buffer.concat([bodyOf(image, 'b'), Buffer.from('an epilogue\r\n')]),
      (image) => Buffer.from(bodyOf(image, 'b').toString('latin1').replace('--b\r\n', '--b \t\r\n'), 'latin1'),
    ];
    for (const shape of shapes) {
      const image = freshImage(t);
      await isTaken(t, image, shape(image), type);
    }
  }),
  check('SW-06', 'P', '8.7.1', 'what Content-Type lacks is 400 or 415', async (t) => {
    t.stores();
    const image = freshImage(t);
    const body = bodyOf(image, 'b');
    t.status(await send(t, body, 'multipart/related; type="application/dicom"'), 400, 415);
    t.status(await send(t, body, 'application/octet-stream'), 415);
    const headers = { Accept: JSON_TYPE };
    t.status(await t.ask('/studies', { method: 'POST', as: 'storer', body, headers }), 400, 415);
    const untyped = await send(t, body, 'multipart/related; boundary=b');
    t.status(untyped, 400, 415, 200, 202);
    if (untyped.status < 300) t.note('a missing type is taken for application/dicom');
  }),
  check('SW-07', 'P', 'B.22', 'what breaks off is not stored', async (t) => {
    t.stores();
    const [unclosed, whole, cut] = [freshImage(t), freshImage(t), freshImage(t)];
    const type = `${DICOM_TYPE}; boundary=b`;
    const answer = await send(t, bodyOf(unclosed, 'b').subarray(0, -'\r\n--b--\r\n'.length), type);
    t.status(answer, 202, 400, 409);
    await isAbsent(t, unclosed);
    const body = writeMultipart(
      [whole, cut].map(({ file }) => ({ type: 'application/dicom', body: file })),
      'b',
    );
    const broken = {
      method: 'POST',
      as: 'storer',
      body,
      headers: { 'Content-Type': type },
      breakAfterBytes: body.length - 60,
    } as const;
    await t.ask('/studies', broken).catch(() => undefined);
    await isAbsent(t, cut);
  }),
  check('SW-32', 'P', '—', 'what can not be kept is told, each with a reason', async (t) => {
    t.stores();
    for (const keyword of ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'SOPClassUID']) {
      const answer = await sendFiles(t, [freshImage(t, { [keyword]: undefined }).file]);
      t.status(answer, 409, 400);
      if (answer.status === 409) t.equal(reasonsIn(answer).length, 1, `reasons when ${keyword} is missing`);
    }
    const image = freshImage(t);
    const meta = {
      sopClassUID: image.sopClassUID,
      sopInstanceUID: '2.25.1',
      transferSyntaxUID: image.transferSyntaxUID,
    };
    const contradicting = await sendFiles(t, [encodePart10(image.elements, meta)]);
    t.status(contradicting, 409, 202, 200);
    if (contradicting.status === 200) t.note('File Meta Information that names another instance is taken');
    const garbage = await sendFiles(t, [freshImage(t).file, Buffer.from('this is no DICOM')]);
    t.status(garbage, 202);
    t.equal(reasonsIn(garbage).length, 1, 'reasons for a part that is no DICOM');
  }),
  check('SW-29', 'P', '—', 'the same again is success, another under the same UID is not', async (t) => {
    t.stores();
    const image = freshImage(t);
    t.status(await sendFiles(t, [image.file]), 200, 202);
    t.status(await sendFiles(t, [image.file]), 200, 202);
    const list = readDataSets((await t.got(`/instances?SOPInstanceUID=${image.instance}`, JSON_TYPE)).body);
    t.equal(list.length, 1, 'instances of that UID');
    const changed = Buffer.from(image.file);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 0xff;
    const other = await sendFiles(t, [changed]);
    t.status(other, 409, 202);
    if (failedIn(other).length > 0) t.equal(reasonsIn(other).map(hex), ['0111H'], 'the reason');
    const { parts } = await t.parts(instanceURL(image), `${DICOM_TYPE}; transfer-syntax=*`);
    t.sameBytes(parts[0]?.body ?? Buffer.alloc(0), image.file, 'the first file');
  }),
  check('SW-30', 'P', '—', 'a SOP Instance UID belongs to one study', async (t) => {
    t.stores();
    const image = freshImage(t);
    t.status(await sendFiles(t, [image.file]), 200, 202);
    const elsewhere = freshImage(t, { SOPInstanceUID: image.instance });
    const meta = { ...image, sopInstanceUID: image.instance };
    const answer = await sendFiles(t, [encodePart10(elsewhere.elements, meta)]);
    t.status(answer, 409);
    t.equal(failedIn(answer), [image.instance], 'instances that failed');
  }),
  check('SW-31', 'P', '—', 'what is acknowledged is found at once', async (t) => {
    t.stores();
    const image = freshImage(t);
    t.status(await sendFiles(t, [image.file]), 200, 202);
    for (const target of [`/studies?StudyInstanceUID=${image.study}`, `/instances?SOPInstanceUID=${image.instance}`]) {
      t.equal(readDataSets((await t.got(target, JSON_TYPE)).body).length, 1, `results of ${target}`);
    }
  }),
  check('SW-33', 'P', '—', 'boundaries and heads beyond measure are refused', async (t) => {
    t.stores();
    const image = freshImage(t);
    const long = 'b'.repeat(300);
    t.status(await send(t, bodyOf(image, long), `${DICOM_TYPE}; boundary=${long}`), 400, 413);
    const head = `X-Long: ${'x'.repeat(200_000)}`;
    const body = Buffer.concat([
      Buffer.from(`--b\r\n${head}\r\nContent-Type: application/dicom\r\n\r\n`),
      image.file,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const answer = await send(t, body, `${DICOM_TYPE}; boundary=b`);
    t.status(answer, 400, 409, 413, 431);
    await isAbsent(t, image);
  }),
  check(
    'SW-34',
    'P',
    'RFC 9110 §10.1.1',
    'Expect: 100-continue is answered when the head has been judged',
    async (t) => {
      t.stores();
      const ask = { method: 'POST', as: 'storer', body: 'x', stopAtContinue: true, timeoutMs: 15_000 } as const;
      const wrong = await t.ask('/studies', {
        ...ask,
        headers: { 'Content-Type': 'text/plain', Expect: '100-continue', Accept: JSON_TYPE },
      });
      t.status(wrong, 415);
      const type = { 'Content-Type': `${DICOM_TYPE}; boundary=b`, Expect: '100-continue', Accept: JSON_TYPE };
      if (t.session.client.tokens.storer !== undefined) {
        t.status(await t.ask('/studies', { ...ask, as: 'none', headers: type }), 401, 403);
      }
      const image = freshImage(t);
      const answer = await t.ask('/studies', { method: 'POST', as: 'storer', body: bodyOf(image, 'b'), headers: type });
      t.status(answer, 200, 202);
      t.expect(answer.interim.includes(100), '100 before the answer', answer.interim.join() || 'no interim answer');
    },
  ),
  check('SW-35', 'P', 'RFC 9110 §8.4', 'a coded body is decoded, or 415', async (t) => {
    t.stores();
    const image = freshImage(t);
    const headers = { 'Content-Encoding': 'gzip' };
    const answer = await send(t, gzipSync(bodyOf(image, 'b')), `${DICOM_TYPE}; boundary=b`, { headers });
    t.status(answer, 200, 202, 415);
    if (answer.status !== 415) t.equal(referencedIn(answer), [image.instance], 'instances stored');
  }),
];
