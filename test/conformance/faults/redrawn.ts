/** Pictures that a deliberately wrong server draws. */
import { crc32, deflateSync } from 'node:zlib';
import { type Picture, pictureOf } from '../../../conformance/pictures/picture.js';
import { readPNG } from '../../../conformance/pictures/png.js';
import { type Fault, fieldOf, type Passing, payloads } from './fault.js';

type Turned = Partial<Pick<Fault, 'request' | 'answer'>>;

function encodePNG({ columns, rows, rgb }: Picture): Buffer {
  const chunk = (name: string, content: Buffer): Buffer => {
    const typed = Buffer.concat([Buffer.from(name), content]);
    const whole = Buffer.alloc(8 + typed.length);
    whole.writeUInt32BE(content.length, 0);
    typed.copy(whole, 4);
    whole.writeUInt32BE(crc32(typed), 4 + typed.length);
    return whole;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(columns, 0);
  head.writeUInt32BE(rows, 4);
  head.set([8, 2], 8);
  const lines = Array.from({ length: rows }, (_, y) =>
    Buffer.concat([Buffer.alloc(1), rgb.subarray(3 * columns * y, 3 * columns * (y + 1))]),
  );
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Change the bodies of pictures and documents of a media type. */
export const bodies = (
  type: RegExp,
  change: (body: Buffer) => Buffer,
  matches = (_: Passing): boolean => true,
): Turned => ({
  answer: (answer, request) =>
    answer.status < 300 && type.test(fieldOf(answer, 'Content-Type') ?? '') && matches(request)
      ? { ...answer, body: change(answer.body) }
      : answer,
});

const redraw =
  (change: (picture: Picture) => Picture) =>
  (body: Buffer): Buffer =>
    encodePNG(change(readPNG(body)));

/** Change what PNG shows. */
export const redrawn = (change: (picture: Picture) => Picture, matches?: (request: Passing) => boolean): Turned =>
  bodies(/^image\/png/, redraw(change), matches);

/** Change what PNG shows in each part. */
export const redrawnParts = (change: (picture: Picture) => Picture): Turned =>
  payloads((payload) =>
    payload.startsWith('\x89PNG') ? redraw(change)(Buffer.from(payload, 'latin1')).toString('latin1') : payload,
  );

/** Change each level of red, green and blue. */
export const levels =
  (change: (level: number) => number) =>
  ({ columns, rows, rgb }: Picture): Picture => ({ columns, rows, rgb: rgb.map(change) });

export const inverted = levels((level) => 255 - level);

export const withCorner = (picture: Picture): Picture =>
  pictureOf(picture.columns, picture.rows, (x, y) => {
    const at = 3 * (y * picture.columns + x);
    const [red = 0, green = 0, blue = 0] = picture.rgb.subarray(at, at + 3);
    return x < 3 && y < 3 ? 255 : [red, green, blue];
  });

export const withoutOrder = ({ columns, rows, rgb }: Picture): Picture => ({
  columns,
  rows,
  rgb: rgb.map((_, i) => rgb[i + 2 - 2 * (i % 3)] ?? 0),
});
