import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { nativeBytes } from '../../src/pixels/native-image.js';
import { decodePNG, describePNG } from '../../src/pixels/png.js';
import { bytesOf, swapped } from '../http/instances.js';
import { chunk, type PNGOptions, writePNG } from '../support/png.js';

const GREY = 0;
const COLOUR = 2;
const PALETTE = 3;

async function decode(png: Buffer, pieceBytes = png.length || 1): Promise<Buffer> {
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < png.length; at += pieceBytes) yield png.subarray(at, at + pieceBytes);
  };
  const rows: Buffer[] = [];
  for await (const row of decodePNG(pieces())) rows.push(row);
  return Buffer.concat(rows);
}

const plain: PNGOptions = { columns: 4, rows: 3, colourType: GREY, bits: 8, pixels: bytesOf('grey', 12) };

/** Images of every kind that is taken, with every filter. */
const anyImage = fc
  .record({
    columns: fc.integer({ min: 1, max: 9 }),
    rows: fc.integer({ min: 1, max: 6 }),
    colourType: fc.constantFrom(GREY, COLOUR, PALETTE),
    wantsDepth: fc.boolean(),
    name: fc.string(),
    filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 6, maxLength: 6 }),
    cuts: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ wantsDepth, name, ...of }): PNGOptions => {
    const bits = wantsDepth && of.colourType !== PALETTE ? 16 : 8;
    const pixels = bytesOf(name, of.columns * of.rows * (of.colourType === COLOUR ? 3 : 1) * (bits / 8));
    return { ...of, bits, pixels, ...(of.colourType === PALETTE ? { palette: bytesOf(`${name} palette`, 768) } : {}) };
  });

function nativeOf({ pixels, bits, palette }: PNGOptions): Buffer {
  if (palette === undefined) return bits === 16 ? swapped(pixels, 2) : pixels;
  return Buffer.concat([...pixels].map((place) => palette.subarray(place * 3, place * 3 + 3)));
}

describe('decodePNG', () => {
  it('gives the pixels of any image, however it was filtered and however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage, fc.integer({ min: 1, max: 70 }), async (image, pieceBytes) => {
        const png = writePNG(image);
        const pixels = await decode(png, pieceBytes);
        expect(pixels.equals(nativeOf(image))).toBe(true);
        const described = describePNG(png);
        expect(described).toEqual({
          rows: image.rows,
          columns: image.columns,
          samplesPerPixel: image.colourType === GREY ? 1 : 3,
          bits: image.bits,
        });
        expect(nativeBytes(described)).toBe(pixels.length);
      }),
    );
  });

  it('reads an image of another writer', async () => {
    const png = readFileSync('docs/images/viewer.png');
    const described = describePNG(png);
    const pixels = await decode(png, 65_536);
    expect(pixels.length).toBe(nativeBytes(described));
    expect(new Set(pixels).size).toBeGreaterThan(50);
  });

  it.each([
    ['transparency in its pixels', { colourType: 6, pixels: bytesOf('x', 48) }],
    ['grey with transparency', { colourType: 4, pixels: bytesOf('x', 24) }],
    ['a transparent colour', { more: { type: 'tRNS', content: Buffer.alloc(2) } }],
    ['one bit a pixel', { bits: 1, pixels: bytesOf('x', 3) }],
    ['interlacing', { interlace: 1 }],
    ['more columns than DICOM has', { columns: 65_536, rows: 1, pixels: Buffer.alloc(65_536) }],
  ])('does not take an image with %s', async (_, over) => {
    const reason = FAILURE_REASON.transferSyntaxNotSupported;
    await expect(decode(writePNG({ ...plain, ...over }))).rejects.toMatchObject({ reason });
  });

  const whole = writePNG(plain);
  it.each([
    ['no PNG', Buffer.from('GIF89a and so on, and so on, and so on')],
    ['nothing', Buffer.alloc(0)],
    ['cut in its header', whole.subarray(0, 20)],
    ['cut in its pixels', whole.subarray(0, whole.length - 20)],
    ['without its end', whole.subarray(0, whole.length - 12)],
    ['of no rows', writePNG({ ...plain, rows: 0 })],
    ['of a filter that is none', writePNG({ ...plain, filters: [5] })],
    ['with fewer rows than it says', rowsTold(4)],
    ['with more rows than it says', rowsTold(2)],
    ['of a palette that is too short', writePNG({ ...plain, colourType: PALETTE, palette: Buffer.alloc(3) })],
    [
      'with a critical chunk that nobody knows',
      writePNG({ ...plain, more: { type: 'ABCD', content: Buffer.alloc(0) } }),
    ],
    ['with damaged bytes', damaged(whole.length - 20)],
    ['with a damaged check sum', damaged(30)],
    [
      'of what is not deflated',
      Buffer.concat([whole.subarray(0, 33), chunk('IDAT', Buffer.from('none')), whole.subarray(-12)]),
    ],
    [
      'with much after the end of what is deflated',
      Buffer.concat([whole.subarray(0, -12), chunk('IDAT', Buffer.alloc(500_000)), whole.subarray(-12)]),
    ],
  ])('refuses an image %s', async (_, png) => {
    for (const pieceBytes of [png.length, 16 * 1024]) {
      await expect(decode(png, pieceBytes)).rejects.toMatchObject({ reason: FAILURE_REASON.cannotUnderstand });
    }
  });

  function rowsTold(rows: number): Buffer {
    const header = Buffer.from(whole.subarray(16, 29));
    header.writeUInt32BE(rows, 4);
    return Buffer.concat([whole.subarray(0, 8), chunk('IHDR', header), whole.subarray(33)]);
  }

  function damaged(at: number): Buffer {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 0x55;
    return bytes;
  }
});
