import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTar, type TarFile } from '../../../src/portal/viewer/tar-reader.js';
import { type TarEntry, tarOf } from '../../support/tar.js';

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, piece = 0; at < bytes.length; piece += 1) {
    const size = sizes[piece % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(bytes: Buffer, sizes: readonly number[] = [4096]): Promise<readonly TarFile[]> {
  const files: TarFile[] = [];
  for await (const file of readTar(inPieces(bytes, sizes))) files.push(file);
  return files;
}

const refusal = (...entries: readonly TarEntry[]): Promise<unknown> =>
  read(tarOf(entries)).catch((error: unknown) => error);

describe('readTar', () => {
  it('gives back what was packed, in whatever pieces it comes', async () => {
    const name = fc.stringMatching(/^[a-z][\w.@+-]{0,20}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const file = fc.record({ path, body: fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes)) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(file, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
        async (files, sizes) => {
          expect(await read(tarOf(files), sizes)).toEqual(files);
        },
      ),
    );
  });

  it('reads names that are longer than a hundred characters, and passes over folders', async () => {
    const path = `package/${'folder-of-a-long-name/'.repeat(5)}file.js`;
    const entries = [
      { path: 'package/', type: '5' },
      { path, body: Buffer.from('x') },
    ];
    expect(await read(tarOf(entries))).toEqual([{ path, body: Buffer.from('x') }]);
  });

  it.each([
    '../outside',
    'package/../../outside',
    '/etc/passwd',
    'package//x',
    './x',
    'package/x/',
    'C:\\x',
    'a\\..\\b',
    ' x',
    'x y',
    '',
  ])('refuses a file named %j', async (path) => {
    expect(await refusal({ path })).toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('leads elsewhere'),
    });
  });

  it.each(['1', '2', '3', '4', '6', '7', 'x', 'g', 'L', 'S'])('refuses an entry of type %s', async (type) => {
    expect(await refusal({ path: 'package/x', type })).toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('no file'),
    });
  });

  it.each([
    ['a size that is no number', { size: 'x' }, 'number'],
    ['a size below nothing', { size: '-1' }, 'number'],
    ['a size of more bits than there are digits', { size: '\x80\0\0\0\0\0\0\0\0\0\0\x01' }, 'number'],
    ['a size of eight gigabytes', { size: '77777777777' }, 'too large'],
    ['another checksum', { checksum: '000000\0 ' }, 'header'],
    ['no checksum', { checksum: '\0\0\0\0\0\0\0\0' }, 'number'],
  ])('refuses a header with %s', async (_name, entry, word) => {
    expect(await refusal({ path: 'package/x', ...entry })).toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining(word),
    });
  });

  it('refuses what has no end, and what ends within a file', async () => {
    const whole = tarOf([{ path: 'package/x', body: Buffer.alloc(600) }]);
    for (const bytes of [Buffer.alloc(0), whole.subarray(0, 100), whole.subarray(0, 700), whole.subarray(0, 1536)]) {
      await expect(read(bytes)).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining('cut off') });
    }
  });

  it('refuses more files than any package has', async () => {
    const entries = Array.from({ length: 4097 }, (_, at) => ({ path: `package/${at}` }));
    expect(await refusal(...entries)).toMatchObject({ code: 'corrupt', message: expect.stringContaining('too large') });
  });
});
