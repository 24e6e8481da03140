import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ZipEntry, zipped } from '../../src/dicomweb/zip-writer.js';
import { expectSoundZip, hasOtherReaders } from '../support/other-readers.js';
import { readZip } from '../support/read-zip.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const entry = (name: string, pieces: readonly Uint8Array[]): ZipEntry => {
  const whole = Buffer.concat(pieces);
  return {
    name,
    sizeBytes: whole.length,
    crc32: crc32(whole),
    bytes: async function* () {
      for (const piece of pieces) yield Buffer.from(piece);
    },
  };
};

async function whole(entries: Iterable<ZipEntry>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of zipped(entries)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const names = fc.stringMatching(/^[A-Z0-9]{1,8}$/);
const files = fc.uniqueArray(fc.tuple(names, fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 })), {
  selector: ([name]) => name,
  maxLength: 12,
});

describe('zipped', () => {
  it('writes any files so that they are read back, each right behind its header', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (made) => {
        const read = readZip(await whole(made.map(([name, pieces]) => entry(name, pieces))));
        expect(read.map(({ name }) => name)).toEqual(made.map(([name]) => name));
        for (const [i, { bytes }] of read.entries()) expect(bytes).toEqual(Buffer.concat(made[i]?.[1] ?? []));
      }),
    );
  });

  it('is the same for the same files', async () => {
    const made = () => [entry('A', [Buffer.from('one')]), entry('B', [])];
    expect(await whole(made())).toEqual(await whole(made()));
  });

  it.each([2, 4])('fails when a file has %i bytes where 3 were told', async (lengthBytes) => {
    const wrong = { ...entry('A', [Buffer.alloc(lengthBytes)]), sizeBytes: 3 };
    await expect(whole([wrong])).rejects.toThrow('another size');
  });

  it('asks for a file only when the one before has gone out, and closes what it has asked for', async () => {
    const log: string[] = [];
    const logged = (name: string): ZipEntry => ({
      ...entry(name, [Buffer.from('abc')]),
      bytes: async function* () {
        log.push(`open ${name}`);
        try {
          yield Buffer.from('abc');
        } finally {
          log.push(`close ${name}`);
        }
      },
    });
    for await (const piece of zipped([logged('A'), logged('B'), logged('C')])) {
      if (piece.includes('B')) break;
    }
    expect(log).toEqual(['open A', 'close A', 'open B', 'close B']);
  });
});

if (hasOtherReaders()) {
  describe('zipped, as others read it', () => {
    it('is sound to Info-ZIP and to Python', async () => {
      const path = join(temporaryFolder(), 'some.zip');
      const made = ['SE000001/IM000001', 'SE000001/IM000002', 'DICOMDIR'];
      writeFileSync(path, await whole(made.map((name) => entry(name, [Buffer.from(name), Buffer.alloc(70_000)]))));
      await expectSoundZip(path);
    });

    it('is a Zip64 beyond 65,535 files', async () => {
      const path = join(temporaryFolder(), 'many.zip');
      const made = Array.from({ length: 65_536 }, (_, i) => entry(`F${i}`, [Buffer.from(`${i}`)]));
      writeFileSync(path, await whole(made));
      expect(namesIn(path).at(-1)).toBe('F65535 5 65535');
    });

    it('is a Zip64 where a file, or what comes before one, has more than 4 GiB', async () => {
      const path = join(temporaryFolder(), 'large.zip');
      const hole = Buffer.alloc(1024 * 1024);
      const count = 5 * 1024;
      const large: ZipEntry = {
        name: 'LARGE',
        sizeBytes: count * hole.length,
        crc32: 0x12345678,
        bytes: async function* () {
          for (let i = 0; i < count; i++) yield hole;
        },
      };
      const file = openSync(path, 'w');
      let at = 0;
      for await (const piece of zipped([
        entry('FIRST', [Buffer.from('first')]),
        large,
        entry('LAST', [Buffer.from('last')]),
      ])) {
        if (piece !== hole) writeSync(file, piece, 0, piece.length, at);
        at += piece.length;
      }
      ftruncateSync(file, at);
      closeSync(file);
      expect(namesIn(path)).toEqual([`FIRST 5 first`, `LARGE ${count * hole.length} -`, 'LAST 4 last']);
    });
  });
}

/** Name, size, and what is in it of every small file, as Python reads them. */
function namesIn(path: string): readonly string[] {
  const script = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    for i in z.infolist():
        print(i.filename, i.file_size, z.read(i).decode() if i.file_size < 100 else '-')`;
  const out = execFileSync('/usr/bin/python3', ['-c', script, path], { maxBuffer: 1 << 26 });
  return out.toString().trim().split('\n');
}
