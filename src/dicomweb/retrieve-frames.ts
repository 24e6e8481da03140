/** Retrieve frames: as they are stored, decoded, or compressed. PS3.18 §10.4.1.1.6, §8.7.3.3 */
import type { LocatedInstance } from '../archive/index/locate.js';
import type { Frame, Frames } from '../archive/read/frames.js';
import type { StoredFile } from '../archive/read/stored-file.js';
import { findTransferSyntax } from '../dicom/transfer-syntaxes.js';
import { invalidRequest, notFound } from '../errors.js';
import type { Representation } from './accept.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { areAsStored, describeFrames, FrameWorks, frameForms } from './frame-forms.js';
import { type BodyPart, sendMultipart } from './multipart-body.js';
import { sendSinglePart, sliced } from './single-part.js';
import { instancePath, instanceURL } from './urls.js';

/** Of one request. */
export const MAX_FRAMES = 1_000;
/** In the frames asked for of a deflated instance. */
export const MAX_STEPS_BACK = 16;

export async function retrieveFrames(exchange: Exchange): Promise<void> {
  const path = instancePath(exchange.variables);
  const frameNumbers = parseFrameNumbers(exchange.variables['frames'] ?? '');
  const instance = await exchange.archive.instance(path);
  expectRising(instance, frameNumbers);
  const frames = await exchange.archive.frames(instance, frameNumbers);
  await sendFrames(exchange, instance, frames, (frame) => frameURL(exchange, instance, frame));
}

/** A comma-separated list of numbers from 1. @throws ArchiveError `invalid-request` */
export function parseFrameNumbers(list: string): readonly number[] {
  const texts = list.split(',');
  if (texts.length > MAX_FRAMES) throw invalidRequest(`At most ${MAX_FRAMES} frames can be asked for at once.`);
  return texts.map((text) => {
    if (!/^[1-9]\d{0,9}$/.test(text))
      throw invalidRequest('Frames are asked for by their numbers, from 1, with commas.');
    return Number(text);
  });
}

/**
 * Deflate can only be read from the start: every step back costs all that comes before.
 * @throws ArchiveError `invalid-request` for many of them
 */
export function expectRising({ transferSyntaxUID }: LocatedInstance, frameNumbers: readonly number[]): void {
  if (findTransferSyntax(transferSyntaxUID)?.deflated !== true) return;
  const stepsBack = frameNumbers.filter((number, i) => number <= (frameNumbers[i - 1] ?? 0)).length;
  if (stepsBack > MAX_STEPS_BACK) {
    throw invalidRequest('Many frames of a deflated instance must be asked for in rising order.');
  }
}

/**
 * Send frames in the form the client prefers; one part each, or the only one by itself.
 * @param location gives the Content-Location of a frame
 * @param byDefault whether who does not say gets parts of octets, or the only frame by itself as what it is
 */
export async function sendFrames(
  exchange: Exchange,
  instance: LocatedInstance,
  frames: Frames,
  location: (frame: Frame) => string,
  byDefault: 'parts' | 'alone' = 'parts',
): Promise<void> {
  const forms = offered(instance, frames.count);
  const chosen = chooseRepresentation(exchange, byDefault === 'parts' ? forms : aloneFirst(forms));
  const file = await exchange.archive.open(instance);
  let form: Form | undefined;
  try {
    form = await formOf(exchange, file, frames, chosen);
    const { lengthBytes, bytes } = form;
    if (!chosen.multipart) {
      const [only] = frames;
      if (only === undefined) throw notFound();
      exchange.response.set('Content-Location', location(only));
      return await sendSinglePart(exchange, {
        mediaType: chosen.mediaType,
        transferSyntaxUID: chosen.transferSyntaxUID,
        digest: frameDigest(instance, only),
        lengthBytes: lengthBytes(only),
        bytes: (slice) => sliced(bytes(only), slice),
      });
    }
    const partOf = (frame: Frame): BodyPart => ({
      contentType: chosen.mediaType,
      transferSyntaxUID: chosen.transferSyntaxUID,
      contentLocation: location(frame),
      lengthBytes: lengthBytes(frame),
      digest: frameDigest(instance, frame),
      bytes: () => bytes(frame),
    });
    await sendMultipart(exchange, { [Symbol.iterator]: () => mapped(frames, partOf) });
  } finally {
    form?.close();
    await file.close();
  }
}

/** How the frames get the form that was chosen. */
interface Form {
  readonly lengthBytes: (frame: Frame) => number | undefined;
  /** To be asked for in the order of the frames. */
  readonly bytes: (frame: Frame) => AsyncGenerator<Buffer>;
  readonly close: () => void;
}

async function formOf(
  { archive, pixels, held, results, response }: Exchange,
  file: StoredFile,
  frames: Frames,
  { transferSyntaxUID }: Representation,
): Promise<Form> {
  if (transferSyntaxUID === undefined || areAsStored(file.instance, transferSyntaxUID)) {
    return {
      lengthBytes: ({ lengthBytes }) => lengthBytes,
      bytes: (frame) => frame.bytes(file),
      close: () => undefined,
    };
  }
  const description = await describeFrames(archive, file);
  const isAbandoned = (): boolean => response.destroyed;
  const works = new FrameWorks({ file, description, frames, transferSyntaxUID, pixels, held, results, isAbandoned });
  return { lengthBytes: () => works.lengthBytes, bytes: () => works.next(), close: () => works.close() };
}

function* mapped(frames: Frames, partOf: (frame: Frame) => BodyPart): Generator<BodyPart> {
  for (const frame of frames) yield partOf(frame);
}

/** Several parts first; by itself only what is one. */
function offered(instance: LocatedInstance, count: number): readonly Representation[] {
  const forms = frameForms(instance);
  return [
    ...forms.map((form) => ({ ...form, multipart: true })),
    ...(count === 1 ? forms.map((form) => ({ ...form, multipart: false })) : []),
  ];
}

/** As what it is before octets. */
const aloneFirst = (forms: readonly Representation[]): readonly Representation[] => [
  ...forms.filter(({ multipart, stored }) => !multipart && stored).toReversed(),
  ...forms,
];

/** Stands for the bytes of a frame. */
export const frameDigest = ({ sha256 }: LocatedInstance, { frameNumber }: Frame): string =>
  `${sha256}/frames/${frameNumber}`;

const frameURL = ({ base }: Exchange, instance: LocatedInstance, { frameNumber }: Frame): string =>
  `${instanceURL(base, instance)}/frames/${frameNumber}`;
