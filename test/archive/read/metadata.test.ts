import { describe, expect, it } from 'vitest';
import { type InstanceURL, MetadataReader } from '../../../src/archive/read/metadata.js';
import { makeInstance } from '../../http/instances.js';
import { ArchiveFixture } from '../../support/archive-fixture.js';

const MiB = 1024 * 1024;
const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `metadata/${i}`);

/** What the reader gives of these instances, in pieces. */
async function piecesOf(files: readonly { readonly studyInstanceUID: string; readonly file: Buffer }[]) {
  const fixture = await ArchiveFixture.open();
  await fixture.store(await fixture.addSite('Site A'), ...files.map(({ file }) => file));
  const [first] = files;
  const path = { studyInstanceUID: first?.studyInstanceUID ?? '' };
  const instances = await fixture.opened.archive.as({ kind: 'everything' }).instances(path);
  const reader = new MetadataReader(fixture.opened.database);
  const urlOf: InstanceURL = ({ sopInstanceUID }) => `http://x/${sopInstanceUID}`;
  const pieces: Buffer[] = [];
  for await (const piece of reader.ofInstances(instances, urlOf).read()) {
    pieces.push(piece);
  }
  return { pieces, instances, metadata: JSON.parse(`[${Buffer.concat(pieces)}]`) as Record<string, unknown>[] };
}

/** Texts below what is referred to, 7 MB together, which deflate to next to nothing. */
const LONG_TEXTS = [
  { tag: 0x00090010, vr: 'LO' as const, bytes: Buffer.from('A TEST'), valueOffset: 0 },
  ...Array.from({ length: 120 }, (_, i) => ({
    tag: 0x00091001 + i,
    vr: 'LT' as const,
    bytes: Buffer.alloc(60_000, 0x61),
    valueOffset: 0,
  })),
];

describe('MetadataReader', () => {
  it('T39 never joins what one instance or many have inflated to', async () => {
    const made = names(3).map((instance) => makeInstance({ study: 'metadata', instance, elements: LONG_TEXTS }));
    const { pieces, metadata } = await piecesOf(made);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(MiB);
    expect(metadata.map((one) => one['00091078'])).toEqual(made.map(() => ({ vr: 'LT', Value: ['a'.repeat(60_000)] })));
  });

  it('gives every instance in order, with its own URLs, however many there are', async () => {
    const made = names(300).map((instance, i) =>
      makeInstance({ study: 'metadata', instance, attributes: { InstanceNumber: String(i) } }),
    );
    const { pieces, metadata, instances } = await piecesOf(made);
    expect(instances.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(
      made.map(({ sopInstanceUID }) => sopInstanceUID),
    );
    expect(metadata.map((one) => one['7FE00010'])).toEqual(
      made.map(({ sopInstanceUID }) => ({ vr: 'OW', BulkDataURI: `http://x/${sopInstanceUID}/bulkdata/7FE00010` })),
    );
    expect(pieces.length).toBeLessThan(10);
  });

  it('keeps a series in memory that many have asked for at the same time', async () => {
    const fixture = await ArchiveFixture.open();
    const { file, studyInstanceUID, seriesInstanceUID } = makeInstance({ study: 'metadata', elements: LONG_TEXTS });
    await fixture.store(await fixture.addSite('Site A'), file);
    const instances = await fixture.opened.archive.as({ kind: 'everything' }).instances({ studyInstanceUID });
    const reader = new MetadataReader(fixture.opened.database);
    const series = { rowID: 1, studyInstanceUID, seriesInstanceUID, instanceCount: 1, removals: 0 };
    const located: number[] = [];
    const open = () =>
      reader.ofSeries(
        series,
        async () => {
          located.push(1);
          return instances;
        },
        () => 'http://x',
      );
    const read = async () => {
      for await (const _piece of (await open()).read());
    };
    // Together they are more than is kept of all series.
    await Promise.all([1, 2, 3, 4].map(read));
    expect(located).toHaveLength(4);
    const [first, second] = [await open(), await open()];
    expect(located).toHaveLength(4);
    expect(first.digest).toBe(second.digest);
  });
});
