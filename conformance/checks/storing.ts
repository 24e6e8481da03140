/** How the checks store: instances that are new to the server, in requests of any shape, and what the answer says of them. */
import { DICOM_TYPE, JSON_TYPE, type Trial } from '../check.js';
import type { PlainValue } from '../dicom/data-set.js';
import { firstOf, itemsOf, type JSONDataSet, valuesOf } from '../dicom/dicom-json.js';
import { type Fixture, type FixtureParts, makeFixture, SOP_CLASS } from '../fixtures/fixture.js';
import { imagePixel, slice } from '../fixtures/pixels.js';
import type { Answer, Ask } from '../wire/client.js';
import { writeMultipart } from '../wire/multipart.js';

/** An image in a study of its own that no other request has stored. */
export function freshImage(
  t: Trial,
  attributes: Readonly<Record<string, PlainValue | undefined>> = {},
  parts: Partial<FixtureParts> = {},
): Fixture {
  t.session.count += 1;
  const name = `NEW${t.session.count}`;
  const pixels = slice(t.session.count, 4, 4);
  const image = makeFixture(t.session.run, {
    name,
    sopClassUID: SOP_CLASS.ct,
    modality: 'CT',
    frames: [pixels],
    ...parts,
    attributes: {
      ...imagePixel({ rows: 4, columns: 4, bitsAllocated: 16, isSigned: true }),
      PixelData: pixels,
      ...attributes,
    },
  });
  t.session.studies.add(image.study);
  return image;
}

/** POST a body. */
export const send = (
  t: Trial,
  body: Buffer,
  contentType: string,
  ask: Ask = {},
  target = '/studies',
): Promise<Answer> =>
  t.ask(target, {
    method: 'POST',
    as: 'storer',
    body,
    ...ask,
    headers: { 'Content-Type': contentType, Accept: JSON_TYPE, ...ask.headers },
  });

/** POST Part 10 files. */
export function sendFiles(t: Trial, files: readonly Buffer[], target = '/studies', ask: Ask = {}): Promise<Answer> {
  const boundary = `conformance-${t.session.run.id}`;
  const body = writeMultipart(
    files.map((file) => ({ type: 'application/dicom', body: file })),
    boundary,
  );
  return send(t, body, `${DICOM_TYPE}; boundary=${boundary}`, ask, target);
}

/** The Store Instances Response Module of an answer. @throws Error when there is none */
export function moduleIn({ body }: Answer): JSONDataSet {
  const parsed: unknown = JSON.parse(body.toString('utf8'));
  // A server that answers an array is told of by SW-19 alone.
  const [module] = Array.isArray(parsed) ? parsed : [parsed];
  if (typeof module !== 'object' || module === null) throw new Error('the answer is no data set');
  return module;
}

const uidsIn = (answer: Answer, sequence: string): readonly string[] =>
  itemsOf(moduleIn(answer), sequence).map((item) => firstOf(item, 'ReferencedSOPInstanceUID') ?? '');

/** SOP Instance UIDs that the answer says are stored. */
export const referencedIn = (answer: Answer): readonly string[] => uidsIn(answer, 'ReferencedSOPSequence');

/** SOP Instance UIDs that the answer says have failed. */
export const failedIn = (answer: Answer): readonly string[] => uidsIn(answer, 'FailedSOPSequence');

/** Failure Reasons of an answer, of instances and of what is none. */
export const reasonsIn = (answer: Answer): readonly number[] =>
  ['FailedSOPSequence', 'OtherFailuresSequence'].flatMap((sequence) =>
    itemsOf(moduleIn(answer), sequence).map((item) => Number(firstOf(item, 'FailureReason'))),
  );

/** Warning Reasons of a Store Instances Response Module. */
export const warnedIn = (module: JSONDataSet): readonly number[] =>
  itemsOf(module, 'ReferencedSOPSequence').flatMap((item) => valuesOf(item, 'WarningReason').map(Number));

/** A reason as PS3.7 writes it. */
export const hex = (reason: number): string => `${reason.toString(16).toUpperCase().padStart(4, '0')}H`;
