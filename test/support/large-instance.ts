/** Instances too large to hold, made while they are sent: multi-frame images of 512 by 512 pixels. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TAG } from '../../src/dicom/attributes.js';
import { dataSetOfKeywords } from '../../src/dicom/build-data-set.js';
import { encodeElementHeader, encodeExplicitVRLittleEndian, encodeFileMeta } from '../../src/dicom/data-set-writer.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../../src/dicom/transfer-syntaxes.js';
import { ctAttributes } from './part10.js';
import { Seeded } from './seeded.js';
import type { ServedArchive } from './served-archive.js';

const MULTI_FRAME_GRAYSCALE_WORD = '1.2.840.10008.5.1.4.1.1.7.3';
const SIDE_IN_PIXELS = 512;

export const FRAME_BYTES = SIDE_IN_PIXELS * SIDE_IN_PIXELS * 2;

/** Every frame of every instance is these bytes. */
const frame = new Seeded('a frame').bytes(FRAME_BYTES);

export interface LargeInstance {
  readonly studyInstanceUID: string;
  /** `/studies/…/series/…/instances/…` */
  readonly path: string;
  readonly sizeBytes: number;
  readonly frameCount: number;
  bytes(): Generator<Buffer>;
}

/** Make the instance of a number in a study of a number, of about so many bytes. */
export function largeInstance(study: number, instance: number, aboutBytes: number): LargeInstance {
  const frameCount = Math.max(1, Math.round(aboutBytes / FRAME_BYTES));
  const studyInstanceUID = `2.25.7${study}`;
  const seriesInstanceUID = `${studyInstanceUID}.1`;
  const sopInstanceUID = `${seriesInstanceUID}.${instance}`;
  const meta = {
    sopClassUID: MULTI_FRAME_GRAYSCALE_WORD,
    sopInstanceUID,
    transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
  };
  const attributes = ctAttributes({
    SOPClassUID: MULTI_FRAME_GRAYSCALE_WORD,
    SOPInstanceUID: sopInstanceUID,
    StudyInstanceUID: studyInstanceUID,
    SeriesInstanceUID: seriesInstanceUID,
    InstanceNumber: instance,
    NumberOfFrames: String(frameCount),
    Rows: SIDE_IN_PIXELS,
    Columns: SIDE_IN_PIXELS,
    PixelData: undefined,
  });
  const head = Buffer.concat([
    encodeFileMeta(meta),
    encodeExplicitVRLittleEndian(dataSetOfKeywords(attributes)),
    encodeElementHeader(TAG.PixelData, 'OW', frameCount * FRAME_BYTES),
  ]);
  return {
    studyInstanceUID,
    path: `/studies/${studyInstanceUID}/series/${seriesInstanceUID}/instances/${sopInstanceUID}`,
    sizeBytes: head.length + frameCount * FRAME_BYTES,
    frameCount,
    *bytes() {
      yield head;
      for (let n = 0; n < frameCount; n++) yield frame;
    },
  };
}

/** Send an instance as it is made. @throws Error when it is not stored */
export async function upload(archive: ServedArchive, instance: LargeInstance): Promise<void> {
  const request = httpRequest(`${archive.url}/dicom-web/studies`, {
    method: 'POST',
    agent: false,
    headers: {
      Authorization: `Bearer ${archive.siteToken}`,
      'Content-Type': 'application/dicom',
      'Content-Length': instance.sizeBytes,
    },
  });
  const answered = answerOf(request);
  await pipeline(Readable.from(instance.bytes()), request);
  const answer = await answered;
  answer.resume();
  if (answer.statusCode !== 200) throw new Error(`Not stored: ${answer.statusCode}`);
}

/** Begin to retrieve something; the answer's body has to be read or destroyed. */
export async function beginDownload(archive: ServedArchive, path: string, accept: string): Promise<IncomingMessage> {
  const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: accept };
  // A connection of its own, closed at the end of the answer.
  const request = httpRequest(`${archive.url}/dicom-web${path}`, { headers, agent: false });
  const answered = answerOf(request);
  request.end();
  const answer = await answered;
  if (answer.statusCode !== 200) throw new Error(`Not retrieved: ${answer.statusCode}`);
  return answer;
}

/** Retrieve something to its end; how many bytes came. */
export async function download(archive: ServedArchive, path: string, accept: string): Promise<number> {
  let bytes = 0;
  for await (const chunk of await beginDownload(archive, path, accept)) bytes += chunk.length;
  return bytes;
}

const answerOf = (request: ReturnType<typeof httpRequest>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
