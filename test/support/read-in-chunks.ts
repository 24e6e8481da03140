/** Gives a file to the Part 10 reader in pieces, and keeps everything that comes out. */

import type { DataSet } from '../../src/dicom/data-set.js';
import { type Part10Header, type Part10Limits, Part10Reader } from '../../src/dicom/part10-reader.js';

export interface Read {
  readonly header: Part10Header;
  readonly trailer: DataSet;
  /** The value of native Pixel Data, or all fragments one after the other. */
  readonly pixels: Buffer;
  readonly fragments: readonly { readonly valueOffset: number; readonly lengthBytes: number }[];
  readonly hasPixelDataEnded: boolean;
}

/** Cut bytes at these offsets, in whatever order they come. */
export function cutAt(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const cuts = [0, ...offsets.map((offset) => Math.min(offset, bytes.length)), bytes.length].sort((a, b) => a - b);
  return cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
}

export const cutEvery = (bytes: Buffer, count: number): Buffer[] =>
  cutAt(
    bytes,
    Array.from({ length: Math.floor(bytes.length / count) }, (_, index) => (index + 1) * count),
  );

/** Read a file given in these pieces. Each is overwritten once the reader has had it, for it may keep nothing of it. */
export async function readPieces(pieces: readonly Buffer[], limits: Partial<Part10Limits> = {}): Promise<Read> {
  const pixels: Buffer[] = [];
  const fragments: { valueOffset: number; lengthBytes: number }[] = [];
  let opened: Part10Header | undefined;
  let hasPixelDataEnded = false;
  const reader = new Part10Reader({
    limits,
    openPixelData: (header) => {
      opened = header;
      return {
        item: (valueOffset, lengthBytes) => fragments.push({ valueOffset, lengthBytes }),
        bytes: (chunk) => pixels.push(Buffer.from(chunk)),
        end: () => {
          hasPixelDataEnded = true;
        },
      };
    },
  });
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    await reader.write(lent);
    lent.fill(0xee);
  }
  await reader.end();
  const { header, trailer } = reader;
  if (header === undefined || trailer === undefined) throw new Error('The reader has ended without header or trailer.');
  if (opened !== undefined && opened !== header) throw new Error('The sink was given another header.');
  return { header, trailer, pixels: Buffer.concat(pixels), fragments, hasPixelDataEnded };
}

/** Read a file given whole. */
export const readWhole = (file: Buffer, limits: Partial<Part10Limits> = {}): Promise<Read> =>
  readPieces([file], limits);
