/** Retrieve Rendered and Thumbnail of real files: each image is a picture, or it is said why there is none. */
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusDir } from '../support/outside-files.js';
import { type OpenToAll, realFilesIn, startArchiveOfSite, withRealFile } from './real-files.js';

const root = corpusDir ?? '';
const FOLDERS = /^(?:ts|multiframe|colour|seg|rt|cxr|pr|mod|nonconformant|sr|encapsulated-doc|ecg)\//;
const paths = corpusDir === undefined ? [] : realFilesIn(corpusDir).filter((path) => FOLDERS.test(path));

/** What is neither image, report, document nor video. */
const NOTHING_TO_SEE = /^(?:ecg\/|rt\/rt-utils__|mod\/RWV\/|seg\/highdicom__sm_annotations)/;
/** Of which another reader makes nothing either. */
const DAMAGED = /JPEG2000-embedded-sequence-delimiter/;
const statusFor = (path: string): number => (DAMAGED.test(path) ? 500 : NOTHING_TO_SEE.test(path) ? 406 : 200);

describe.runIf(corpusDir !== undefined)('real files, rendered', { timeout: 60_000 }, () => {
  let shared: OpenToAll;
  const counts = new Map<string, number>();
  beforeAll(async () => {
    shared = await startArchiveOfSite();
  });
  afterAll(async () => {
    await shared.archive.close();
    const lines = [...counts].sort().map(([what, number]) => `${String(number).padStart(6)}  ${what}`);
    console.info(lines.join('\n'));
  });

  it.each(paths)('RR-01 RR-04 RR-18 RT-01 %s', async (path) => {
    await withRealFile(shared, join(root, path), async ({ archive, curatorToken, sent }) => {
      if (sent.path === undefined) return;
      const rendered = await archive.fetch(curatorToken, `${sent.path}/rendered`);
      const body = Buffer.from(await rendered.arrayBuffer());
      const mediaType = rendered.headers.get('content-type') ?? '';
      const what = `${rendered.status} ${mediaType}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
      expect([rendered.status, rendered.status === 200 ? '' : body.toString()]).toEqual([
        statusFor(path),
        expect.any(String),
      ]);
      if (mediaType === 'image/jpeg') expect((await sharp(body).metadata()).width).toBeGreaterThan(0);
      const thumbnail = await archive.fetch(curatorToken, `${sent.path}/thumbnail`);
      const { width = 0, height = 0 } = await sharp(Buffer.from(await thumbnail.arrayBuffer())).metadata();
      expect([thumbnail.status, Math.max(width, height)]).toEqual([200, 256]);
    });
  });
});
