/** How the checks have things drawn, read what comes, and tell whether it looks as it should. PS3.18 §10.4.1.1.3 */
import { Failure, instanceURL, type Trial } from '../check.js';
import { firstOf } from '../dicom/dicom-json.js';
import type { Fixture } from '../fixtures/fixture.js';
import { readGIF } from '../pictures/gif.js';
import { type JPEG, readJPEG } from '../pictures/jpeg.js';
import { distance, type Picture } from '../pictures/picture.js';
import { type PNG, readPNG } from '../pictures/png.js';
import type { Subject } from '../session.js';
import type { Answer } from '../wire/client.js';
import { parseMediaType } from '../wire/media-type.js';
import { type Part, parseMultipart } from '../wire/multipart.js';
import { metadataOf } from './bulkdata-uris.js';

export const JPEG_TYPE = 'image/jpeg';
export const PNG_TYPE = 'image/png';
export const GIF_TYPE = 'image/gif';

export const multipartOf = (type: string): string => `multipart/related; type="${type}"`;

export const renderedURL = (subject: Subject, query = ''): string => `${instanceURL(subject)}/rendered${query}`;

/** How far a picture may be from what it should be: of lossless types what rounding twice can do, of others in the mean. */
export const ROUNDING = 2;
export const CHROMA_ROUNDING = 4;
export const LOSSY_MEAN = 8;

export const typeIn = (answer: Pick<Answer, 'header'>): string =>
  parseMediaType(answer.header('Content-Type') ?? '').type;

/** The picture in a body, by its Content-Type. @throws Error when it is none, or not of that type */
export function pictureIn(sent: Answer | Part): Picture {
  const type = parseMediaType(sent.header('Content-Type') ?? '').type;
  if (type === PNG_TYPE) return readPNG(sent.body);
  if (type === JPEG_TYPE) return readJPEG(sent.body).decode();
  if (type === GIF_TYPE) return readGIF(sent.body);
  throw new Error(`${type} is no picture`);
}

/** The picture in a body, by how it begins. @throws Error when it is none */
export const pictureOfBytes = (body: Buffer): Picture =>
  body[0] === 0x89 ? readPNG(body) : body[0] === 0x47 ? readGIF(body) : readJPEG(body).decode();

async function bodyOf(t: Trial, target: string, type: string): Promise<Buffer> {
  const answer = await t.got(target, type);
  t.equal(typeIn(answer), type, 'the media type');
  return answer.body;
}

/** GET a picture as PNG, which loses nothing. */
export const drawnPNG = async (t: Trial, target: string): Promise<PNG> => readPNG(await bodyOf(t, target, PNG_TYPE));

export const drawnJPEG = async (t: Trial, target: string): Promise<JPEG> =>
  readJPEG(await bodyOf(t, target, JPEG_TYPE));

/** GET pictures of several images. */
export async function drawnParts(t: Trial, target: string, type: string): Promise<readonly Part[]> {
  const { parts } = parseMultipart(await t.got(target, multipartOf(type)));
  for (const part of parts) t.equal(parseMediaType(part.header('Content-Type') ?? '').type, type, 'type of a part');
  return parts;
}

/** What keeps a picture from being what it should be; undefined when it is. */
export function faultOf(came: Picture, expected: Picture, most: number): string | undefined {
  const sizes = [came, expected].map(({ columns, rows }) => `${columns} × ${rows}`);
  if (sizes[0] !== sizes[1]) return `${sizes[0]} instead of ${sizes[1]}`;
  const apart = distance(came, expected);
  if (apart.most <= most) return undefined;
  return `levels are ${apart.most} apart where they are furthest, ${apart.mean.toFixed(1)} in the mean`;
}

/** @throws Failure unless every level is at most so far from what it should be */
export function looksLike(came: Picture, expected: Picture, what: string, most = ROUNDING): void {
  const fault = faultOf(came, expected, most);
  if (fault !== undefined) throw new Failure(`${what}: every level at most ${most} from what it should be`, fault);
}

/** @throws Failure unless it is the picture but for what JPEG loses */
export function resembles(came: Picture, expected: Picture, what: string, mean = LOSSY_MEAN): void {
  const sizes = [came, expected].map(({ columns, rows }) => `${columns} × ${rows}`);
  if (sizes[0] !== sizes[1]) throw new Failure(`${what}: ${sizes[1]}`, sizes[0] ?? '');
  const apart = distance(came, expected).mean;
  if (apart > mean)
    throw new Failure(`${what}: at most ${mean} levels from what it should be in the mean`, apart.toFixed(1));
}

/** What the suite knows an instance to look like, frame by frame. */
export const pictureOfFrame = (t: Trial, { pictures, name }: Fixture, number = 1): Picture =>
  pictures?.[number - 1] ?? t.skip(`it is not known what ${name} looks like`);

/** An instance to be drawn: a slice, or in read-only mode what is there. @throws Skipped when that is no single image */
export async function anImage(t: Trial): Promise<Subject> {
  if (!t.session.isReadOnly) return t.fixture('SLICE1');
  const subject = t.subject();
  const metadata = await metadataOf(t, subject);
  const frames = Number(firstOf(metadata, 'NumberOfFrames') ?? 1);
  const isImage = firstOf(metadata, 'Rows') !== undefined && metadata['7FE00010'] !== undefined;
  return isImage && frames === 1 ? subject : t.skip('read-only: what is there is no image of one frame');
}

/** Queries that have to be 400. */
export async function areRefused(t: Trial, target: string, name: string, values: readonly string[]): Promise<void> {
  for (const value of values) {
    const answer = await t.get(`${target}?${name}=${value}`, JPEG_TYPE);
    t.expect(answer.status === 400, `400 for ${name}=${value}`, `status ${answer.status}`);
  }
}
