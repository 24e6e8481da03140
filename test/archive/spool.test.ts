import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Spool } from '../../src/archive/spool.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function openSpool(folder = temporaryFolder()): Promise<{ spool: Spool; folder: string }> {
  const spool = await Spool.open(folder);
  onTestFinished(() => spool.close());
  return { spool, folder };
}

async function* inPieces(bytes: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function whole(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = [];
  for await (const piece of pieces) found.push(piece);
  return Buffer.concat(found);
}

/** What is on disk under no name, of the files that this process has open in the folder. */
const unnamedFiles = (folder: string): readonly Buffer[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(join('/proc/self/fd', fd));
      return target.startsWith(folder) && target.endsWith('(deleted)') ? [readFileSync(join('/proc/self/fd', fd))] : [];
    } catch {
      return [];
    }
  });

describe('Spool', () => {
  it('gives back what was written, each by itself and as often as it is asked for', async () => {
    const { spool } = await openSpool();
    const texts = [randomBytes(300_001), Buffer.alloc(0), randomBytes(1), randomBytes(70_000)];
    const spooled = [];
    for (const text of texts) spooled.push(await spool.append(inPieces(text, 9_973)));
    for (const i of [3, 0, 1, 2, 0]) {
      const run = spooled[i];
      if (run === undefined) throw new Error('Each was spooled.');
      expect((await whole(spool.read(run))).equals(texts[i] ?? Buffer.alloc(0))).toBe(true);
      expect(run.lengthBytes).toBe(texts[i]?.length);
    }
  });

  it('has no name on disk, and nothing there that could be read', async () => {
    const { spool, folder } = await openSpool(join(temporaryFolder(), 'made', 'for', 'it'));
    const text = Buffer.from('a name that identifies somebody'.repeat(100));
    await spool.append(inPieces(text, 1_000));
    await spool.append(inPieces(text, 1_000));
    expect(readdirSync(folder)).toEqual([]);
    const [onDisk, ...more] = unnamedFiles(folder);
    expect(more).toEqual([]);
    expect(onDisk?.length).toBe(2 * text.length);
    expect(onDisk?.includes('identifies')).toBe(false);
    expect(onDisk?.subarray(0, text.length).equals(onDisk.subarray(text.length))).toBe(false);
  });

  it('passes on what breaks off, and goes on after it', async () => {
    const { spool } = await openSpool();
    const breaking = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('some');
      throw new Error('broken off');
    };
    await expect(spool.append(breaking())).rejects.toThrow('broken off');
    const after = await spool.append(inPieces(Buffer.from('after'), 2));
    expect((await whole(spool.read(after))).toString()).toBe('after');
  });

  it('says that the disk is away when its folder can not be made', async () => {
    await expect(Spool.open('/dev/null/spool')).rejects.toThrow(expect.objectContaining({ code: 'unavailable' }));
  });
});
