/** Writes tar archives, lawful ones and others. POSIX.1-2017 pax, "ustar Interchange Format" */

export interface TarEntry {
  readonly path: string;
  readonly body?: Buffer;
  /** `0` is a file. */
  readonly type?: string;
  /** What the header says, when it is not the length of the body. */
  readonly size?: string;
  readonly checksum?: string;
}

/** An archive of these entries, with its two blocks of zeros at the end. */
export const tarOf = (entries: readonly TarEntry[]): Buffer =>
  Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(1024)]);

function blocksOf({ path, body = Buffer.alloc(0), type = '0', size, checksum }: TarEntry): readonly Buffer[] {
  const header = Buffer.alloc(512);
  const [prefix, name] = path.length > 100 ? splitAt(path) : ['', path];
  header.write(name, 0, 'latin1');
  header.write(prefix, 345, 'latin1');
  header.write('0000644\0', 100);
  header.write(size ?? body.length.toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
}

function splitAt(path: string): readonly [string, string] {
  const at = path.lastIndexOf('/', 154);
  return [path.slice(0, at), path.slice(at + 1)];
}
