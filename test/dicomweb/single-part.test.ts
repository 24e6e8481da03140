import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliced } from '../../src/dicomweb/single-part.js';

async function* piecesOf(bytes: Buffer, sizes: readonly number[], failure?: Error): AsyncGenerator<Buffer> {
  // One buffer for all pieces, as those who read files have it.
  const shared = Buffer.alloc(64);
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = Math.min(sizes[i % sizes.length] ?? 1, bytes.length - at);
    bytes.copy(shared, 0, at, at + size);
    yield shared.subarray(0, size);
    at += size;
  }
  if (failure !== undefined) throw failure;
}

async function collected(pieces: AsyncGenerator<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}

const sizes = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 5 });

describe('sliced', () => {
  it('HT-04 gives the bytes asked for, however they come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        sizes,
        fc.nat(),
        fc.nat(),
        async (all, cut, a, b) => {
          const bytes = Buffer.from(all);
          const [first = 0, last = 0] = [a % bytes.length, b % bytes.length].sort((x, y) => x - y);
          expect(await collected(sliced(piecesOf(bytes, cut), { first, last }))).toEqual(
            bytes.subarray(first, last + 1),
          );
          expect(await collected(sliced(piecesOf(bytes, cut), undefined))).toEqual(bytes);
        },
      ),
    );
  });

  it('HT-04 F11 never gives all of a slice when its source turns out to be wrong in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), sizes, fc.nat(), fc.nat(), async (length, cut, a, b) => {
        const [first = 0, last = 0] = [a % length, b % length].sort((x, y) => x - y);
        let given = 0;
        const reading = async (): Promise<void> => {
          const wrong = piecesOf(Buffer.alloc(length), cut, new Error('damaged'));
          for await (const piece of sliced(wrong, { first, last })) given += piece.length;
        };
        await expect(reading()).rejects.toThrow('damaged');
        expect(given).toBeLessThan(last - first + 1);
      }),
    );
  });
});
