/** Writes GIF images as any lawful writer might. GIF89a specification */

export interface GIFOptions {
  readonly columns: number;
  readonly rows: number;
  /** Of a value, 2 to 8; there are as many colours. */
  readonly bits: number;
  /** Places of the pixels in the palette, from the top left on. */
  readonly places: Buffer;
  readonly palette: Buffer;
  /** Whether the palette is that of the image itself. */
  readonly isLocal?: boolean;
  readonly isInterlaced?: boolean;
  /** Blocks before the image, their introducer included. */
  readonly before?: Buffer;
  /** Whether the table of codes is begun anew when it is full; otherwise no more codes are added. */
  readonly clears?: boolean;
  /** Where the image stands on its screen. */
  readonly left?: number;
}

/** `label` and the content of one block. */
export const extension = (label: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x21, label, content.length]), content, Buffer.from([0])]);

export function writeGIF(options: GIFOptions): Buffer {
  const { columns, rows, bits, places, palette, isLocal = false, isInterlaced = false, left = 0 } = options;
  const size = bits - 1;
  const screen = Buffer.alloc(13);
  screen.write('GIF89a', 'latin1');
  screen.writeUInt16LE(columns, 6);
  screen.writeUInt16LE(rows, 8);
  screen[10] = isLocal ? 0 : 0x80 + size;
  const descriptor = Buffer.alloc(10);
  descriptor[0] = 0x2c;
  descriptor.writeUInt16LE(left, 1);
  descriptor.writeUInt16LE(columns, 5);
  descriptor.writeUInt16LE(rows, 7);
  descriptor[9] = (isLocal ? 0x80 + size : 0) + (isInterlaced ? 0x40 : 0);
  const colours = Buffer.concat([palette, Buffer.alloc(3 * 2 ** bits)]).subarray(0, 3 * 2 ** bits);
  return Buffer.concat([
    screen,
    ...(isLocal ? [] : [colours]),
    options.before ?? Buffer.alloc(0),
    descriptor,
    ...(isLocal ? [colours] : []),
    Buffer.from([bits]),
    blocksOf(encode(places, bits, options.clears ?? true)),
    Buffer.from([0x3b]),
  ]);
}

function blocksOf(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.subarray(at, at + 255);
    blocks.push(Buffer.from([block.length]), block);
  }
  return Buffer.concat([...blocks, Buffer.from([0])]);
}

function encode(places: Buffer, bits: number, clears: boolean): Buffer {
  const clear = 1 << bits;
  const bytes: number[] = [];
  let [held, heldBits, codeBits] = [0, 0, bits + 1];
  let table = new Map<string, number>();
  let next = clear + 2;
  const put = (code: number): void => {
    held |= code << heldBits;
    heldBits += codeBits;
    for (; heldBits >= 8; heldBits -= 8) {
      bytes.push(held & 0xff);
      held >>>= 8;
    }
  };
  const codeOf = (string: string): number => (string.length === 1 ? string.charCodeAt(0) : (table.get(string) ?? 0));
  put(clear);
  let string = '';
  for (const place of places) {
    const longer = string + String.fromCharCode(place);
    if (longer.length === 1 || table.has(longer)) {
      string = longer;
      continue;
    }
    put(codeOf(string));
    if (next < 4096) {
      table.set(longer, next);
      next += 1;
      if (next > 1 << codeBits && codeBits < 12) codeBits += 1;
    } else if (clears) {
      put(clear);
      table = new Map();
      next = clear + 2;
      codeBits = bits + 1;
    }
    string = String.fromCharCode(place);
  }
  if (string !== '') put(codeOf(string));
  // What a reader adds by the code that has just been put may make its codes longer.
  if (next === 1 << codeBits && codeBits < 12 && string !== '') codeBits += 1;
  put(clear + 1);
  if (heldBits > 0) bytes.push(held & 0xff);
  return Buffer.from(bytes);
}
