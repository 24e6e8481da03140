import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isFolderLocked, takeFolderLock } from '../../src/database/folder-lock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { OtherProcess } from './other-process.js';

/** Another process that tries to take the lock, says what came of it, and then lives until it is told to end. */
const taker = (path: string): OtherProcess =>
  OtherProcess.run(`
    const { takeFolderLock } = await source('database/folder-lock.ts');
    try { takeFolderLock(${JSON.stringify(path)}); say('taken'); } catch (error) { say(error.code); }
    await told();
    process.exit(0);
  `);

const conflict = expect.objectContaining({ name: 'ArchiveError', code: 'conflict' });

describe('takeFolderLock', () => {
  it('refuses a second holder until the first lets go', () => {
    const path = join(temporaryFolder(), 'lock');
    const release = takeFolderLock(path);
    expect(() => takeFolderLock(path)).toThrow(conflict);
    release();
    takeFolderLock(path)();
  });

  it('may be let go of twice, which frees nobody else', () => {
    const path = join(temporaryFolder(), 'lock');
    const release = takeFolderLock(path);
    release();
    const releaseSecond = takeFolderLock(path);
    release();
    expect(() => takeFolderLock(path)).toThrow(conflict);
    releaseSecond();
  });

  it('locks each folder by itself', () => {
    const folder = temporaryFolder();
    const releases = ['a', 'b'].map((name) => takeFolderLock(join(folder, name)));
    for (const release of releases) release();
  });

  it('refuses another process, also after a failed attempt in this one', async () => {
    const path = join(temporaryFolder(), 'lock');
    const release = takeFolderLock(path);
    expect(() => takeFolderLock(path)).toThrow(conflict);
    expect(await taker(path).line()).toBe('conflict');
    release();
    expect(await taker(path).line()).toBe('taken');
  });

  it('is free when the process that had it has ended', async () => {
    const path = join(temporaryFolder(), 'lock');
    const other = taker(path);
    expect(await other.line()).toBe('taken');
    expect(() => takeFolderLock(path)).toThrow(conflict);
    other.tell('end');
    expect(await other.ended()).toBe(0);
    takeFolderLock(path)();
  });

  it('is free when the process that had it was killed', async () => {
    const path = join(temporaryFolder(), 'lock');
    const other = taker(path);
    expect(await other.line()).toBe('taken');
    await other.kill();
    takeFolderLock(path)();
  });

  it('waits for whoever has it for a moment', async () => {
    const path = join(temporaryFolder(), 'lock');
    const other = OtherProcess.run(`
      const { takeFolderLock } = await source('database/folder-lock.ts');
      const release = takeFolderLock(${JSON.stringify(path)});
      say('taken');
      await told();
      setTimeout(() => { release(); process.exit(0); }, 300);
    `);
    expect(await other.line()).toBe('taken');
    other.tell('let go');
    takeFolderLock(path)();
  });

  it.each([
    ['in a folder that is not there', (folder: string) => join(folder, 'gone', 'lock')],
    ['that is a folder', (folder: string) => folder],
    [
      'that is no lock',
      (folder: string) => {
        writeFileSync(join(folder, 'lock'), 'This was a shopping list. '.repeat(100));
        return join(folder, 'lock');
      },
    ],
  ])('is unavailable, not taken, when it is a file %s', (_what, make) => {
    const path = make(temporaryFolder());
    const unavailable = expect.objectContaining({ name: 'ArchiveError', code: 'unavailable' });
    expect(() => takeFolderLock(path)).toThrow(unavailable);
    expect(() => isFolderLocked(path)).toThrow(unavailable);
  });

  it('lets exactly one of several processes have it', async () => {
    const path = join(temporaryFolder(), 'lock');
    const answers = await Promise.all([taker(path), taker(path), taker(path)].map((other) => other.line()));
    expect(answers.sort()).toEqual(['conflict', 'conflict', 'taken']);
  });
});

describe('a lock whose release is dropped', () => {
  it('is held for as long as the process lives', async () => {
    const path = join(temporaryFolder(), 'lock');
    const other = OtherProcess.run(`
      const { takeFolderLock } = await source('database/folder-lock.ts');
      const { setFlagsFromString } = await import('node:v8');
      setFlagsFromString('--expose-gc');
      const collect = (await import('node:vm')).runInNewContext('gc');
      takeFolderLock(${JSON.stringify(path)});
      for (let n = 0; n < 5; n++) {
        collect();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      say('collected');
      await told();
    `);
    expect(await other.line()).toBe('collected');
    expect(isFolderLocked(path)).toBe(true);
    other.tell('end');
    await other.ended();
  });
});

describe('isFolderLocked', () => {
  it('tells at once, and leaves the lock as it was', () => {
    const path = join(temporaryFolder(), 'lock');
    expect(isFolderLocked(path)).toBe(false);
    const release = takeFolderLock(path);
    const began = performance.now();
    expect(isFolderLocked(path)).toBe(true);
    expect(performance.now() - began).toBeLessThan(500);
    release();
    expect(isFolderLocked(path)).toBe(false);
  });
});
