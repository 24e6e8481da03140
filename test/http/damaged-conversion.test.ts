/** Damaged files that are rewritten on their way out: whatever their bytes now say, they are told as damaged. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { type MadeInstance, makeInstance, SYNTAX } from './instances.js';
import { spoilFile } from './stored-blob.js';
import { ask } from './wire.js';

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
});
afterAll(() => archive.close());

const isMarked = async ({ sopInstanceUID }: MadeInstance): Promise<boolean> => {
  const row = await archive.database.read
    .selectFrom('instance')
    .select('damaged_at')
    .where('sop_instance_uid', '=', sopInstanceUID)
    .executeTakeFirstOrThrow();
  return row.damaged_at !== null;
};

/** Where the value of Rows (0028,0010) is, and Pixel Data begins. */
const rowsAt = (file: Buffer): number => file.indexOf(Buffer.from([0x28, 0x00, 0x10, 0x00]));
const pixelDataAt = (file: Buffer): number => file.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]));

describe('a damaged native file asked for in Explicit VR Little Endian', () => {
  it.each<[string, (file: Buffer) => void]>([
    ['a tag out of order', (file) => file.writeUInt16LE(0x0001, rowsAt(file))],
    ['a length beyond the end', (file) => file.writeUInt32LE(0x7fffffff, rowsAt(file) + 4)],
    ['Pixel Data of no told length', (file) => file.writeUInt32LE(0xffffffff, pixelDataAt(file) + 4)],
    ['no preamble', (file) => file.write('XXXX', 128)],
    ['a transfer syntax of no name', (file) => file.write('9', file.indexOf('1.2.840.10008.1.2\0') + 16)],
    ['another value', (file) => file.writeUInt16LE(7, rowsAt(file) + 8)],
  ])('F11 is told as damaged, and marked: %s', async (name, change) => {
    const made = makeInstance({ study: name, transferSyntaxUID: SYNTAX.implicit });
    await archive.add(made);
    await spoilFile(archive, made, (file) => {
      change(file);
      return file;
    });
    const answer = await ask(archive.url, `/dicom-web${made.path}`, {
      headers: { Authorization: `Bearer ${archive.curatorToken}`, Accept: 'application/dicom' },
    });
    expect([answer.status, JSON.parse(answer.body.toString())]).toMatchObject([
      500,
      { title: 'The stored data is damaged' },
    ]);
    await expect.poll(() => isMarked(made)).toBe(true);
  });
});
