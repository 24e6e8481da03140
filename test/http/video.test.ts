/** Videos are stored, found and given as they are, also in runs of bytes as players fetch them. PS3.5 §8.2.7, PS3.18 §8.7.3.3.3 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { H264_MP4, HEVC_MP4 } from '../support/tiny-videos.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, found, type JSONDataSet, json } from './dicom-json.js';
import { bytesOf, digest, type MadeInstance, makeInstance } from './instances.js';
import { partsOf } from './parts.js';
import { ask } from './wire.js';

const ENDOSCOPIC_VIDEO = '1.2.840.10008.5.1.4.1.1.77.1.1.1';
const H264 = '1.2.840.10008.1.2.4.102';
const H264_FRAGMENTABLE = '1.2.840.10008.1.2.4.102.1';
const HEVC = '1.2.840.10008.1.2.4.107';
const MPEG2 = '1.2.840.10008.1.2.4.100';

const video = (study: string, transferSyntaxUID: string, fragments: readonly Buffer[], frames: number): MadeInstance =>
  makeInstance({
    study,
    modality: 'ES',
    transferSyntaxUID,
    hasOffsets: false,
    fragments: [fragments],
    attributes: {
      SOPClassUID: ENDOSCOPIC_VIDEO,
      ...{ SamplesPerPixel: 3, PhotometricInterpretation: 'YBR_PARTIAL_420', PlanarConfiguration: 0 },
      ...{ Rows: 32, Columns: 32, BitsAllocated: 8, BitsStored: 8, HighBit: 7, NumberOfFrames: `${frames}` },
      ...{ CineRate: '25', FrameTime: '40' },
    },
    fileMeta: { sopClassUID: ENDOSCOPIC_VIDEO },
  });

/** As many bytes as a player fetches in several runs, of which nobody has to see anything. */
const longStream = bytesOf('a long video', 3 * 1024 * 1024 + 10);

const h264 = video('h264', H264, [H264_MP4], 10);
const fragmented = video(
  'h264 in fragments',
  H264_FRAGMENTABLE,
  [H264_MP4.subarray(0, 800), H264_MP4.subarray(800)],
  10,
);
const hevc = video('hevc', HEVC, [HEVC_MP4], 4);
const mpeg2 = video('mpeg2', MPEG2, [longStream], 500);

const VIDEOS: readonly (readonly [
  name: string,
  made: MadeInstance,
  mediaType: string,
  syntax: string,
  bytes: Buffer,
])[] = [
  ['H.264', h264, 'video/mp4', H264, H264_MP4],
  ['H.264 in fragments', fragmented, 'video/mp4', H264_FRAGMENTABLE, H264_MP4],
  ['HEVC', hevc, 'video/H265', HEVC, HEVC_MP4],
  ['MPEG-2, long', mpeg2, 'video/mpeg', MPEG2, longStream],
];

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(h264, fragmented, hevc, mpeg2);
});
afterAll(() => archive.close());

const get = (path: string, headers: Readonly<Record<string, string>>, method = 'GET') =>
  ask(archive.url, `/dicom-web${path}`, {
    method,
    headers: { Authorization: `Bearer ${archive.curatorToken}`, ...headers },
  });

/** Whether this machine has a player to ask; when not, one line says so. */
function hasPlayer(): boolean {
  const isThere = spawnSync('ffprobe', ['-version']).status === 0;
  if (!isThere) console.info('Tests with a player did not run: there is no ffprobe.');
  return isThere;
}

describe.each(VIDEOS)('%s', (_name, made, mediaType, syntax, bytes) => {
  it('QD-01 is found, with its own transfer syntax alone', async () => {
    const [instance = {}] = await found(
      await archive.get(`/studies/${made.studyInstanceUID}/instances?includefield=all`, {
        Accept: 'application/dicom+json',
      }),
    );
    expect(firstValue(instance, '00080016')).toBe(ENDOSCOPIC_VIDEO);
    expect(instance['00083002']?.Value).toEqual([syntax]);
  });

  it('RF-05 RP-02 MT-05 is one frame, in one part, whatever its Number of Frames', async () => {
    const { type, parts } = await partsOf(
      await archive.get(`${made.path}/frames/1`, { Accept: `multipart/related; type="${mediaType}"` }),
    );
    expect([type, parts.length]).toEqual([mediaType, 1]);
    expect(digest(parts[0]?.body)).toBe(digest(bytes));
    expect((await archive.get(`${made.path}/frames/2`, { Accept: '*/*' })).status).toBe(404);
  });

  it('RI-05 comes back as the file that was stored to who names no transfer syntax', async () => {
    const response = await archive.get(made.path, { Accept: 'application/dicom' });
    expect(response.headers.get('content-type')).toContain(syntax);
    expect(digest(new Uint8Array(await response.arrayBuffer()))).toBe(digest(made.file));
  });

  it.each(['frames/1', 'bulkdata/7FE00010', 'pixeldata'])(
    'AMB-10 HT-05 is given by itself and in ranges: %s',
    async (rest) => {
      const whole = await get(`${made.path}/${rest}`, { Accept: mediaType });
      expect([whole.status, whole.headers['content-type'], whole.headers['accept-ranges']]).toEqual([
        ...[200, `${mediaType}; transfer-syntax=${syntax}`, 'bytes'],
      ]);
      expect(digest(whole.body)).toBe(digest(bytes));
      const size = bytes.length;
      for (const [range, first, last] of [
        ['bytes=0-', 0, size - 1],
        ['bytes=0-1', 0, 1],
        [`bytes=${size - 100}-`, size - 100, size - 1],
        ['bytes=-16', size - 16, size - 1],
        ['bytes=700-899', 700, 899],
      ] as const) {
        const part = await get(`${made.path}/${rest}`, { Accept: mediaType, Range: range });
        expect([part.status, part.headers['content-range']]).toEqual([206, `bytes ${first}-${last}/${size}`]);
        expect(digest(part.body)).toBe(digest(bytes.subarray(first, last + 1)));
      }
      const beyond = await get(`${made.path}/${rest}`, { Accept: mediaType, Range: `bytes=${size}-` });
      expect([beyond.status, beyond.headers['content-range']]).toEqual([416, `bytes */${size}`]);
    },
  );

  it('AMB-04 AMB-10 is what a player gets who follows metadata, and says nothing of what he wants', async () => {
    const [metadata = {}] = await json<JSONDataSet[]>(
      await archive.get(`${made.path}/metadata`, { Accept: 'application/dicom+json' }),
    );
    const uri = new URL(metadata['7FE00010']?.BulkDataURI ?? '');
    const path = uri.pathname.replace('/dicom-web', '');
    const first = await get(path, { Accept: '*/*', Range: 'bytes=0-' });
    expect([first.status, first.headers['content-type']]).toEqual([206, `${mediaType}; transfer-syntax=${syntax}`]);
    expect(digest(first.body)).toBe(digest(bytes));
    // As OHIF asks with `singlepart: 'video'`.
    const asked = await get(`${path}?accept=${encodeURIComponent(mediaType)}`, { Accept: '*/*' });
    expect(asked.headers['content-type']).toBe(`${mediaType}; transfer-syntax=${syntax}`);
  });

  it('RF-12 MT-20 is never decoded', async () => {
    for (const accept of ['multipart/related; type="application/octet-stream"', 'image/jpeg', 'video/x-other']) {
      expect((await archive.get(`${made.path}/frames/1`, { Accept: accept })).status).toBe(406);
    }
  });
});

describe.runIf(hasPlayer())('a player', () => {
  it.each(VIDEOS.filter(([, made]) => made !== mpeg2))(
    'plays what it was given: %s',
    async (_name, made, mediaType) => {
      const { body } = await get(`${made.path}/frames/1`, { Accept: mediaType });
      const file = join(temporaryFolder(), 'video.mp4');
      writeFileSync(file, body);
      const { stdout } = spawnSync(
        'ffprobe',
        ['-v', 'error', '-count_frames', '-show_entries', 'stream=width,height,nb_read_frames', '-of', 'csv=p=0', file],
        { encoding: 'utf8' },
      );
      expect(stdout.trim()).toBe(`32,32,${made === hevc ? 4 : 10}`);
    },
  );
});
