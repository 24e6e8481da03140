/** Thumbnails that are there before anybody asks for them. */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Renderer } from '../../src/dicomweb/renderer.js';
import { ThumbnailPreparation } from '../../src/dicomweb/thumbnail-preparation.js';
import { DEFAULT_VIEWPORT, frameFor, Thumbnails, thumbnailKey } from '../../src/dicomweb/thumbnails.js';
import { silentLog } from '../../src/log.js';
import { ResultCache } from '../../src/pixels/result-cache.js';
import { WorkerPool } from '../../src/pixels/worker-pool.js';
import { type MadeInstance, makeInstance } from '../http/instances.js';
import { ArchiveFixture } from '../support/archive-fixture.js';

const QUIET_MS = 150;
const everything = { kind: 'everything' } as const;

async function prepared() {
  const fixture = await ArchiveFixture.open();
  const site = await fixture.addSite('A');
  const { archive } = fixture.opened;
  const pixels = new WorkerPool({ log: silentLog, size: 1 });
  const options = { folder: fixture.root, mostBytes: 1024 * 1024, log: silentLog, now: Date.now };
  const results = await ResultCache.open(options);
  const renderer = new Renderer({ pixels, results });
  const thumbnails = new Thumbnails({ renderer, results });
  const all = archive.as(everything);
  const preparation = new ThumbnailPreparation({
    archive: all,
    thumbnails,
    renderer,
    log: silentLog,
    quietMs: QUIET_MS,
  });
  archive.changes.onStored((series) => preparation.add(series));
  onTestFinished(async () => {
    await preparation.close();
    await pixels.close();
    await results.close();
  });
  const isThere = async ({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }: MadeInstance): Promise<boolean> => {
    const frame = frameFor(await all.instance({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }));
    return results.has(thumbnailKey({ frame, viewport: DEFAULT_VIEWPORT, mediaType: 'image/jpeg' }).key);
  };
  return { fixture, site, results, preparation, isThere };
}

const slices = [1, 2, 3].map((n) =>
  makeInstance({ study: 'prepared', instance: `prepared ${n}`, attributes: { InstanceNumber: String(n) } }),
);
const filesOf = (made: readonly MadeInstance[]): readonly Buffer[] => made.map(({ file }) => file);

describe('ThumbnailPreparation', () => {
  it('RT-06 makes that of a series and of its study when nothing more comes, and of no other instance', async () => {
    const { fixture, site, isThere, results } = await prepared();
    for (const file of filesOf(slices)) await fixture.store(site, file);
    expect(results.count).toBe(0);
    await expect.poll(() => results.count, { timeout: 20_000 }).toBe(1);
    expect(await Promise.all(slices.map(isThere))).toEqual([false, true, false]);
  });

  it('is told of what is stored only, not of what was there or was refused', async () => {
    const { fixture, site, results } = await prepared();
    await fixture.store(site, ...filesOf(slices));
    await expect.poll(() => results.count, { timeout: 20_000 }).toBe(1);
    const told: unknown[] = [];
    fixture.opened.archive.changes.onStored((series) => told.push(series));
    await fixture.store(site, ...filesOf(slices), Buffer.from('no DICOM'));
    expect(told).toEqual([]);
  });

  it('begins nothing when it has been closed', async () => {
    const { fixture, site, results, preparation } = await prepared();
    await fixture.store(site, ...filesOf(slices));
    await preparation.close();
    await wait(3 * QUIET_MS);
    expect(results.count).toBe(0);
  });

  it('goes on with the others when one has been deleted meanwhile', async () => {
    const { fixture, site, results, isThere } = await prepared();
    const [doomed, kept] = ['prepared doomed', 'prepared kept'].map((study) => makeInstance({ study }));
    if (doomed === undefined || kept === undefined) throw new Error('There are two.');
    await fixture.store(site, doomed.file, kept.file);
    await fixture.opened.archive.as(everything).delete({ studyInstanceUID: doomed.studyInstanceUID }, 'test');
    await expect.poll(() => results.count, { timeout: 20_000 }).toBe(1);
    expect(await isThere(kept)).toBe(true);
  });
});
