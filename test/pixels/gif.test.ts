import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { decodeGIF, describeGIF } from '../../src/pixels/gif.js';
import { bytesOf } from '../http/instances.js';
import { extension, type GIFOptions, writeGIF } from '../support/gif.js';

async function decode(gif: Buffer, pieceBytes = gif.length || 1): Promise<Buffer> {
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < gif.length; at += pieceBytes) yield gif.subarray(at, at + pieceBytes);
  };
  const pixels: Buffer[] = [];
  for await (const piece of decodeGIF(pieces())) pixels.push(piece);
  return Buffer.concat(pixels);
}

const coloursOf = (places: Iterable<number>, palette: Buffer): Buffer =>
  Buffer.concat([...places].map((place) => palette.subarray(place * 3, place * 3 + 3)));

const anyImage = fc
  .record({
    columns: fc.integer({ min: 1, max: 40 }),
    rows: fc.integer({ min: 1, max: 300 }),
    bits: fc.integer({ min: 2, max: 8 }),
    name: fc.string(),
    /** The fewer there are, the longer the strings that a code stands for. */
    variety: fc.integer({ min: 1, max: 256 }),
    isLocal: fc.boolean(),
    clears: fc.boolean(),
  })
  .map(({ name, variety, ...of }): GIFOptions => {
    const places = bytesOf(name, of.columns * of.rows).map((byte) => (byte % variety) % 2 ** of.bits);
    return { ...of, places: Buffer.from(places), palette: bytesOf(`${name} palette`, 3 * 2 ** of.bits) };
  });

const plain: GIFOptions = {
  columns: 4,
  rows: 3,
  bits: 2,
  places: Buffer.from([0, 1, 2, 3, 3, 2, 1, 0, 0, 0, 0, 0]),
  palette: bytesOf('colours', 12),
};

describe('decodeGIF', () => {
  it('gives the pixels of any image, however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage, fc.integer({ min: 1, max: 500 }), async (image, pieceBytes) => {
        const gif = writeGIF(image);
        expect(describeGIF(gif)).toEqual({ rows: image.rows, columns: image.columns, samplesPerPixel: 3, bits: 8 });
        expect((await decode(gif, pieceBytes)).equals(coloursOf(image.places, image.palette))).toBe(true);
      }),
    );
  });

  it('reads an image of another writer', async () => {
    const gif = Buffer.from(
      '4749463839610a000a00910000ffffffff00000000ff00000021f90400000000002c000000000a000a0000' +
        '02168c2d99872a1cdc33a00275ec95faa8de608c04914c01003b',
      'hex',
    );
    const rows = ['1111122222', '1111122222', '1111122222', '1110000222', '1110000222'];
    const [upper, lower] = [
      rows.join(''),
      [...rows]
        .reverse()
        .map((row) => [...row].reverse().join(''))
        .join(''),
    ];
    const palette = Buffer.from('ffffffff00000000ff000000', 'hex');
    expect((await decode(gif)).equals(coloursOf([...`${upper}${lower}`].map(Number), palette))).toBe(true);
  });

  it('passes over comments and what controls an image that is not transparent', async () => {
    const before = Buffer.concat([extension(0xfe, Buffer.from('a comment')), extension(0xf9, Buffer.alloc(4))]);
    expect(await decode(writeGIF({ ...plain, before }))).toEqual(coloursOf(plain.places, plain.palette));
  });

  const second = writeGIF(plain);
  it.each([
    ['transparency', writeGIF({ ...plain, before: extension(0xf9, Buffer.from([1, 0, 0, 0])) })],
    ['interlacing', writeGIF({ ...plain, isInterlaced: true })],
    ['more than one picture', Buffer.concat([second.subarray(0, -1), second.subarray(25)])],
    ['a picture beside its screen', writeGIF({ ...plain, left: 1 })],
  ])('does not take an image with %s', async (_, gif) => {
    await expect(decode(gif)).rejects.toMatchObject({ reason: FAILURE_REASON.transferSyntaxNotSupported });
  });

  const whole = writeGIF(plain);
  const lzwAt = 25 + 10;
  it.each([
    ['that is none', Buffer.from('PNG and so on, and so on')],
    ['that is nothing', Buffer.alloc(0)],
    ['cut in its header', whole.subarray(0, 10)],
    ['cut in its pixels', whole.subarray(0, whole.length - 4)],
    ['without its end', whole.subarray(0, whole.length - 1)],
    ['with fewer pixels than it says', writeGIF({ ...plain, places: plain.places.subarray(0, 5) })],
    ['with more pixels than it says', writeGIF({ ...plain, places: Buffer.concat([plain.places, plain.places]) })],
    ['of no rows', writeGIF({ ...plain, rows: 0 })],
    ['with a code that is not there yet', replaced(lzwAt + 2, 0xff)],
    ['with values of no size', replaced(lzwAt, 0)],
    [
      'with something else than blocks',
      Buffer.concat([whole.subarray(0, 25), Buffer.from([0x99]), whole.subarray(25)]),
    ],
  ])('refuses an image %s', async (_, gif) => {
    await expect(decode(gif)).rejects.toMatchObject({ reason: FAILURE_REASON.cannotUnderstand });
  });

  function replaced(at: number, byte: number): Buffer {
    const bytes = Buffer.from(whole);
    bytes[at] = byte;
    return bytes;
  }
});
