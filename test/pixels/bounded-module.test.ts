/** Codecs get no more memory than they may have: whoever wants more fails alone, and nothing of it stays. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { bounded, MOST_MEMORY_BYTES } from '../../src/pixels/codecs/bounded-module.js';
import { CodecFailure } from '../../src/pixels/codecs/codec-failure.js';
import { emscriptenModule } from '../../src/pixels/codecs/emscripten-module.js';
import type { Frame } from '../../src/pixels/frame.js';
import { WorkerPool } from '../../src/pixels/worker-pool.js';
import { GREY } from '../support/grey-frame.js';

const MIB = 1024 * 1024;
const PAGE_BYTES = 64 * 1024;
const J2K = '1.2.840.10008.1.2.4.90';
const JPEG_LS = '1.2.840.10008.1.2.4.80';
const HTJ2K = '1.2.840.10008.1.2.4.201';
const MODULES = [
  '@cornerstonejs/codec-charls/wasm',
  '@cornerstonejs/codec-openjpeg/decodewasm',
  '@cornerstonejs/codec-openjph/wasm',
  'dcmjs-codecs/build/dcmjs-native-codecs.wasm',
];

/** Memory, and nothing else. */
const ofMemory = (...section: readonly number[]): Buffer => Buffer.of(0, 97, 115, 109, 1, 0, 0, 0, ...section);

const flat = (rows: number, columns: number): Frame => ({
  description: { ...GREY, rows, columns },
  bytes: new Uint8Array(rows * columns * 2),
});

describe('a module of WebAssembly', () => {
  it.each(MODULES)('%s is one that can be compiled with a bound', (name) => {
    const wasm = readFileSync(createRequire(import.meta.url).resolve(name));
    expect(bounded(wasm).length).toBeGreaterThan(wasm.length / 2);
    expect(() => new WebAssembly.Module(bounded(wasm))).not.toThrow();
  });

  it('can not grow beyond its bound, whatever it says of itself', () => {
    // From 16 to 32,768 pages, exported as m.
    const wasm = ofMemory(5, 6, 1, 1, 16, 0x80, 0x80, 2, 7, 5, 1, 1, 109, 2, 0);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bounded(wasm)), {});
    const [memory] = Object.values(exports) as [WebAssembly.Memory];
    expect(memory.grow(MOST_MEMORY_BYTES / PAGE_BYTES - 16)).toBe(16);
    expect(() => memory.grow(1)).toThrow(RangeError);
  });

  it.each([
    ['none', []],
    ['one without a bound', [5, 3, 1, 0, 16]],
    ['a shared one', [5, 4, 1, 3, 16, 32]],
  ])('with memory of another kind is refused: %s', (_, section) => {
    expect(() => bounded(ofMemory(...section))).toThrow(/memory/);
  });
});

describe('a codec that is refused memory', () => {
  it('is not believed, and made anew', async () => {
    let instances = 0;
    const greedy = emscriptenModule(async (settings) => {
      const instantiateWasm = settings['instantiateWasm'] as (
        imports: unknown,
        done: (instance: WebAssembly.Instance) => void,
      ) => unknown;
      const imports = new Proxy({}, { get: () => new Proxy({}, { get: () => () => 0 }) });
      let memory: WebAssembly.Memory | undefined;
      instantiateWasm(imports, ({ exports }) => {
        memory = Object.values(exports).find((each) => each instanceof WebAssembly.Memory);
      });
      instances += 1;
      return {
        take: (bytes: number): string => {
          try {
            memory?.grow(bytes / PAGE_BYTES);
          } catch {
            return 'half a picture';
          }
          return 'a picture';
        },
      };
    }, '@cornerstonejs/codec-charls/wasm');
    await expect(greedy.use((module) => module.take(MIB))).resolves.toBe('a picture');
    await expect(greedy.use((module) => module.take(2 * MOST_MEMORY_BYTES))).rejects.toThrow(CodecFailure);
    await expect(greedy.use((module) => module.take(MIB))).resolves.toBe('a picture');
    expect(instances).toBe(2);
  });

  let pool: WorkerPool | undefined;
  afterEach(() => pool?.close());

  it('fails for one job alone', async () => {
    pool = new WorkerPool({ log: pino({ enabled: false }), size: 1 });
    const tooLarge = { frame: flat(8192, 8192), transferSyntaxUID: J2K };
    await expect(pool.run('transcode', tooLarge)).rejects.toThrow(CodecFailure);
    await expect(pool.run('transcode', { frame: flat(64, 64), transferSyntaxUID: J2K })).resolves.toMatchObject({
      description: { rows: 64 },
    });
  });

  it('leaves nothing of what a large frame took', async () => {
    pool = new WorkerPool({ log: pino({ enabled: false }), size: 1 });
    await pool.run('transcode', { frame: flat(64, 64), transferSyntaxUID: HTJ2K });
    expect(pool.threadCount).toBe(1);
    for (const transferSyntaxUID of [HTJ2K, JPEG_LS]) {
      await pool.run('transcode', { frame: flat(8192, 8192), transferSyntaxUID });
    }
    expect(pool.threadCount).toBe(0);
    await expect(pool.run('decode', flat(64, 64))).resolves.toBeDefined();
    expect(pool.threadCount).toBe(1);
  });
});
