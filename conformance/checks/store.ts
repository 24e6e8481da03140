/** PS3.18 §10.5, Annex I: storing Part 10 files, and what is answered. */
import { type Check, check, DICOM_TYPE, instanceURL, JSON_TYPE, studyURL, type Trial } from '../check.js';
import { firstOf, type JSONDataSet, valuesOf } from '../dicom/dicom-json.js';
import { readNativeModel } from '../dicom/native-model.js';
import { readPart10 } from '../dicom/part10-reader.js';
import { encodePart10 } from '../dicom/part10-writer.js';
import { SYNTAX } from '../dicom/syntaxes.js';
import type { Fixture } from '../fixtures/fixture.js';
import type { Answer } from '../wire/client.js';
import { parseMultipart, writeMultipart } from '../wire/multipart.js';
import { moduleFaults } from './store-module.js';
import { failedIn, freshImage, hex, moduleIn, reasonsIn, referencedIn, send, sendFiles, warnedIn } from './storing.js';
import { onlyPart } from './transfer-syntaxes.js';

/** A SOP Class that is no storage class: Verification. */
const NOT_STORED = '1.2.840.10008.1.1';

/** An instance of a class that most archives do not store. */
const unsupported = (t: Trial): Fixture => freshImage(t, {}, { sopClassUID: NOT_STORED });

/** Instances that can not be stored, the more plainly the later. */
const UNSTORABLE: readonly ((t: Trial) => Fixture)[] = [
  unsupported,
  (t) => freshImage(t, { StudyInstanceUID: undefined }),
  (t) => freshImage(t, { SOPInstanceUID: undefined, SOPClassUID: undefined }),
];

interface Refusal {
  readonly bad: Fixture;
  readonly answer: Answer;
}

/** Send an instance that this server does not store, beside `good`. @throws Skipped when it stores whatever there is */
async function refusal(t: Trial, good: readonly Fixture[] = []): Promise<Refusal> {
  for (const make of UNSTORABLE) {
    const bad = make(t);
    const answer = await sendFiles(
      t,
      [...good, bad].map(({ file }) => file),
    );
    if (answer.status >= 300 || !referencedIn(answer).includes(bad.instance)) return { bad, answer };
  }
  return t.skip('the server stores whatever the suite can think of');
}

async function isStored(t: Trial, image: { study: string; series: string; instance: string }): Promise<boolean> {
  const answer = await t.get(`${instanceURL(image)}/metadata`, JSON_TYPE);
  t.status(answer, 200, 404);
  return answer.status === 200;
}

/** 200; or 202 where the server says that it has changed something. */
function isSuccess(t: Trial, answer: Awaited<ReturnType<typeof send>>, ...instances: readonly string[]): void {
  const hasWarnings = answer.status === 202 && warnedIn(moduleIn(answer)).length > 0;
  t.status(answer, ...(hasWarnings ? [202] : [200]));
  if (hasWarnings) t.note('202: the server changes what it stores');
  t.equal([...referencedIn(answer)].sort(), [...instances].sort(), 'instances in the ReferencedSOPSequence');
}

export const STORE_CHECKS: readonly Check[] = [
  check('SW-01', 'M', '10.5.1.1', '/studies takes any studies, /studies/{study} only its own', async (t) => {
    t.stores();
    const [a, b, c, d] = [freshImage(t), freshImage(t), freshImage(t), freshImage(t)];
    isSuccess(t, await sendFiles(t, [a.file, b.file]), a.instance, b.instance);
    const mixed = await sendFiles(t, [c.file, d.file], studyURL(c));
    t.status(mixed, 202, 409);
    t.equal(failedIn(mixed), [d.instance], 'instances that failed');
    t.expect(!(await isStored(t, d)), 'nothing of another study stored', 'it is there');
    const alone = freshImage(t);
    isSuccess(t, await sendFiles(t, [alone.file], studyURL(alone)), alone.instance);
  }),
  check('SW-03', 'P', 'B.21', 'one instance by itself', async (t) => {
    t.stores();
    const image = freshImage(t);
    const answer = await send(t, image.file, 'application/dicom');
    t.offered(answer, 'a single part', 415);
    isSuccess(t, answer, image.instance);
  }),
  check('SW-08', 'M', '10.5.1.3', 'bodies with Content-Length and in chunks', async (t) => {
    t.stores();
    const [a, b] = [freshImage(t), freshImage(t)];
    isSuccess(t, await sendFiles(t, [a.file]), a.instance);
    const body = writeMultipart([{ type: 'application/dicom', body: b.file }], 'b');
    const chunks = Array.from({ length: Math.ceil(body.length / 97) }, (_, i) => body.subarray(97 * i, 97 * i + 97));
    const answer = await t.ask('/studies', {
      method: 'POST',
      as: 'storer',
      chunks,
      headers: { 'Content-Type': `${DICOM_TYPE}; boundary=b`, Accept: JSON_TYPE },
    });
    isSuccess(t, answer, b.instance);
  }),
  check('SW-10', 'M', '10.5.3.1', 'all stored is 200', async (t) => {
    t.stores();
    const images = [freshImage(t), freshImage(t)];
    const answer = await sendFiles(
      t,
      images.map(({ file }) => file),
    );
    isSuccess(t, answer, ...images.map(({ instance }) => instance));
    for (const image of images) t.expect(await isStored(t, image), 'what is answered to be there', 'it is not');
  }),
  check('SW-11', 'M', '10.5.3.1', 'some stored and some not is 202', async (t) => {
    t.stores();
    const good = freshImage(t);
    const { answer } = await refusal(t, [good]);
    t.status(answer, 202);
    t.equal(referencedIn(answer), [good.instance], 'instances stored');
    t.equal(reasonsIn(answer).length, 1, 'instances that failed');
  }),
  check('SW-12', 'M', '10.5.3.1', 'none stored of a well-formed request is 409, with a reason for each', async (t) => {
    t.stores();
    const { answer } = await refusal(t);
    t.status(answer, 409, 501);
    if (answer.status === 501) return t.note('501, as §8.5 has it for SOP Classes');
    t.equal(reasonsIn(answer).length, 1, 'Failure Reasons');
  }),
  check('SW-13', 'M', '10.5.3.1', 'what has no syntax is 400', async (t) => {
    t.stores();
    t.status(await send(t, Buffer.from('garbage'), `${DICOM_TYPE}; boundary=b`), 400);
  }),
  check('SW-14', 'M', '10.5.3.1', 'an unsupported media type is 415', async (t) => {
    t.stores();
    t.status(await send(t, Buffer.from('text'), 'text/plain'), 415);
    t.status(
      await send(t, Buffer.from('--b\r\n\r\n\r\n--b--'), 'multipart/related; type="text/plain"; boundary=b'),
      415,
    );
  }),
  check('SW-15', 'M', 'I.1', 'the answer is a Store Instances Response Module', async (t) => {
    t.stores();
    for (const { answer } of [await refusal(t, [freshImage(t)]), await refusal(t)]) {
      if (answer.status !== 501) t.none(moduleFaults(moduleIn(answer)), 'the attributes of Table I.1-1');
    }
    const fine = moduleIn(await sendFiles(t, [freshImage(t).file]));
    t.none(moduleFaults(fine), 'the attributes of Table I.1-1');
    for (const tag of ['00081198', '0008119A']) t.equal(fine[tag], undefined, `${tag} when nothing failed`);
  }),
  check('SW-16', 'M', 'I.2.1', 'Warning Reasons are those of Table I.2-1, and come with 202', async (t) => {
    t.stores();
    const image = freshImage(t);
    const file = Buffer.from(image.file);
    file.write('a preamble to be emptied', 0);
    const answer = await sendFiles(t, [file]);
    t.status(answer, 200, 202, 409);
    if (answer.status === 409) t.skip('the server refuses a preamble');
    const reasons = warnedIn(moduleIn(answer));
    for (const reason of reasons)
      t.expect([0xb000, 0xb006, 0xb007].includes(reason), 'B000H, B006H or B007H', hex(reason));
    if (reasons.length === 0) t.skip('nothing was changed that the suite can provoke');
    t.status(answer, 202);
  }),
  check('SW-17', 'M', 'I.2.2', 'Failure Reasons are those of Table I.2-2', async (t) => {
    t.stores();
    const other = await sendFiles(t, [unsupported(t).file]);
    if (other.status === 409) t.equal(reasonsIn(other).map(hex), ['0122H'], 'the reason for an unsupported SOP Class');
    const image = freshImage(t);
    const meta = {
      sopClassUID: image.sopClassUID,
      sopInstanceUID: image.instance,
      transferSyntaxUID: '1.2.840.10008.1.2.77',
    };
    const syntax = await sendFiles(t, [encodePart10(image.elements, meta)]);
    if (syntax.status === 200) t.note('an unknown transfer syntax is stored');
    else t.equal(reasonsIn(syntax).map(hex), ['C122H'], 'the reason for an unknown transfer syntax');
    const broken = await sendFiles(t, [image.file.subarray(0, 400)]);
    t.status(broken, 400, 409);
    if (broken.status === 409) {
      for (const reason of reasonsIn(broken)) t.expect(isKnownReason(reason), 'a reason of Table I.2-2', hex(reason));
    }
  }),
  check('SW-18', 'M', 'I.2', 'one reason for each failure', async (t) => {
    t.stores();
    const image = freshImage(t, { StudyInstanceUID: undefined }, { sopClassUID: NOT_STORED });
    const module = moduleIn(await sendFiles(t, [image.file]));
    const items = [...(module['00081198']?.Value ?? []), ...(module['0008119A']?.Value ?? [])] as JSONDataSet[];
    t.equal(
      items.map((item) => valuesOf(item, 'FailureReason').length),
      [1],
      'Failure Reasons of each item',
    );
  }),
  check('SW-19', 'M', '10.5.3.3', 'the answer is one JSON object, or XML when that is asked for', async (t) => {
    t.stores();
    const json = await sendFiles(t, [freshImage(t).file], '/studies', { headers: { Accept: JSON_TYPE } });
    t.expect(
      /^application\/dicom\+json/i.test(json.header('Content-Type') ?? ''),
      JSON_TYPE,
      json.header('Content-Type'),
    );
    t.expect(json.body.toString('utf8').trimStart().startsWith('{'), 'an object', json.body.toString('utf8'));
    const xml = await sendFiles(t, [freshImage(t).file], '/studies', { headers: { Accept: 'application/dicom+xml' } });
    t.status(xml, 200, 202);
    t.expect(/dicom\+xml/i.test(xml.header('Content-Type') ?? ''), 'application/dicom+xml', xml.header('Content-Type'));
    const isMultipart = /^multipart/i.test(xml.header('Content-Type') ?? '');
    const document = isMultipart ? onlyPart(t, parseMultipart(xml)).body : xml.body;
    const { dataSet, faults } = readNativeModel(document);
    t.none(faults, 'a document of the Native DICOM Model');
    t.expect(dataSet['00081199'] !== undefined, 'a ReferencedSOPSequence', Object.keys(dataSet).join(' '));
  }),
  check('SW-20', 'M', '10.5.3.2', 'Location and Content-Location name what was created', async (t) => {
    t.stores();
    const image = freshImage(t);
    const answer = await sendFiles(t, [image.file]);
    isSuccess(t, answer, image.instance);
    for (const name of ['Location', 'Content-Location']) {
      const value = answer.header(name) ?? 'none';
      t.expect(value.includes(studyURL(image)), `${name} with ${studyURL(image)}`, value);
    }
  }),
  check('SW-22', 'M', '8.7.9', 'the transfer syntax of the file counts, not that of the part', async (t) => {
    t.stores();
    const image = freshImage(t);
    const type = `application/dicom; transfer-syntax=${SYNTAX.jpegLossless}`;
    const body = writeMultipart([{ type, body: image.file }], 'b');
    isSuccess(t, await send(t, body, `${DICOM_TYPE}; boundary=b`), image.instance);
    const { parts } = await t.parts(instanceURL(image), `${DICOM_TYPE}; transfer-syntax=*`);
    t.equal(readPart10(parts[0]?.body ?? Buffer.alloc(0)).transferSyntaxUID, SYNTAX.explicitLittle, '(0002,0010)');
  }),
  check('SW-23', 'M', '8.7.3', 'Implicit VR is taken and converted, or refused with C122H', async (t) => {
    t.stores();
    const image = freshImage(t, {}, { transferSyntaxUID: SYNTAX.implicitLittle });
    const answer = await sendFiles(t, [image.file]);
    t.status(answer, 200, 202, 409);
    if (answer.status === 409) return t.equal(reasonsIn(answer).map(hex), ['C122H'], 'the reason');
    const { parts } = await t.parts(instanceURL(image), DICOM_TYPE);
    t.equal(readPart10(parts[0]?.body ?? Buffer.alloc(0)).transferSyntaxUID, SYNTAX.explicitLittle, 'retrieved as');
  }),
  check('SW-38', 'P', 'dicomweb-client', 'success is 200 or 202, never 201', async (t) => {
    t.stores();
    const answer = await sendFiles(t, [freshImage(t).file]);
    t.status(answer, 200, 202);
    t.equal(firstOf(moduleIn(answer), 'FailedSOPSequence'), undefined, 'failures');
  }),
];

const isKnownReason = (reason: number): boolean =>
  (reason >= 0xa700 && reason <= 0xa7ff) ||
  (reason >= 0xa900 && reason <= 0xa9ff) ||
  (reason >= 0xc000 && reason <= 0xcfff) ||
  [0x0110, 0x0111, 0x0117, 0x0122, 0x0124].includes(reason);
