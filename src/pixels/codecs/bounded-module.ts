/**
 * WebAssembly that can take only so much memory. The bound is written into the module before it is compiled, where each says
 * itself how large its memory may become, so that the engine holds it however the module grows.
 */
import { readFileSync } from 'node:fs';

/** Of one module. The largest frames that are let in need less. */
export const MOST_MEMORY_BYTES = 768 * 1024 * 1024;
/** So many that are there from the start are for the static data and the stack of any of them, and more comes when it is needed. */
const MOST_INITIAL_BYTES = 64 * 1024 * 1024;
const PAGE_BYTES = 64 * 1024;

/** After the name and the version of the format. WebAssembly Core Specification §5.5 */
const FIRST_SECTION = 8;
const MEMORY_SECTION = 5;
const ONE = 1;
const HAS_MAXIMUM = 1;

/** Read a module and compile it so that it is bounded. */
export const compileBounded = (path: string): WebAssembly.Module => new WebAssembly.Module(bounded(readFileSync(path)));

/** The module with another section for its memory. @throws Error when it has not one memory of its own that has a bound */
export function bounded(wasm: Uint8Array, mostBytes = MOST_MEMORY_BYTES): Uint8Array {
  for (let at = FIRST_SECTION; at < wasm.length; ) {
    const [lengthBytes, start] = readNumber(wasm, at + 1);
    const end = start + lengthBytes;
    if (wasm[at] === MEMORY_SECTION) {
      const section = memorySection(initialPages(wasm, start), mostBytes / PAGE_BYTES);
      return Buffer.concat([wasm.subarray(0, at), section, wasm.subarray(end)]);
    }
    at = end;
  }
  throw new Error('A module of WebAssembly has no memory of its own.');
}

function initialPages(wasm: Uint8Array, start: number): number {
  if (wasm[start] !== ONE || wasm[start + 1] !== HAS_MAXIMUM) throw new Error('A module has another kind of memory.');
  const [pages] = readNumber(wasm, start + 2);
  return Math.min(pages, MOST_INITIAL_BYTES / PAGE_BYTES);
}

function memorySection(initial: number, most: number): Buffer {
  const content = [ONE, HAS_MAXIMUM, ...numberBytes(initial), ...numberBytes(most)];
  return Buffer.of(MEMORY_SECTION, ...numberBytes(content.length), ...content);
}

/** LEB128: seven bits a byte, the least significant first. §5.2.2. Gives what comes after it, too. */
function readNumber(bytes: Uint8Array, at: number): readonly [value: number, next: number] {
  let value = 0;
  for (let i = 0; ; i += 1) {
    const byte = bytes[at + i] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return [value, at + i + 1];
  }
}

function numberBytes(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...numberBytes(value >>> 7)];
}
