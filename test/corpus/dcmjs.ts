/** Reads a Part 10 file with dcmjs, a reader that knows nothing of ours. */
import { createRequire } from 'node:module';

interface Dcmjs {
  readonly data: {
    readonly DicomMessage: {
      readFile(
        bytes: ArrayBufferLike,
        options: { readonly ignoreErrors: boolean },
      ): { readonly dict: Readonly<Record<string, { readonly Value?: readonly unknown[] }>> };
    };
  };
  readonly log: { setLevel(level: string): void };
}

/** Gives the value of native Pixel Data as dcmjs reads it; undefined when there is none. @throws what dcmjs throws */
export function pixelDataByDcmjs(file: Buffer): Buffer | undefined {
  const dcmjs: Dcmjs = createRequire(import.meta.url)('dcmjs');
  dcmjs.log.setLevel('silent');
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
  // What it calls an error is that text may be in two character sets.
  const { dict } = dcmjs.data.DicomMessage.readFile(bytes, { ignoreErrors: true });
  const value = (dict['7FE00010'] ?? dict['7FE00008'] ?? dict['7FE00009'])?.Value?.[0];
  return value instanceof ArrayBuffer ? Buffer.from(value) : undefined;
}
