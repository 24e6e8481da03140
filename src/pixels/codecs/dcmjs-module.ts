/**
 * The codecs of dcmjs-codecs (libjpeg, libjxl, OpenJPEG as WebAssembly) with as little around them as there can be: the package's
 * own wrapper loads a whole DICOM library and copies each frame once more, and sets no bound to memory.
 */
import { createRequire } from 'node:module';
import type { Frame, FrameDescription } from '../frame.js';
import { compileBounded, MOST_MEMORY_BYTES } from './bounded-module.js';
import { CodecFailure } from './codec-failure.js';
import { RenewedModule } from './renewed-module.js';

/** It grows by a fifth: beyond this it may not get what it wants, and a codec may not tell. */
const ENOUGH_MEMORY_BYTES = MOST_MEMORY_BYTES / 1.2;
/** As the module counts them. */
const INTERPRETATIONS = [
  'MONOCHROME1',
  'MONOCHROME2',
  'PALETTE COLOR',
  'RGB',
  'YBR_FULL',
  'YBR_FULL_422',
  'YBR_PARTIAL_422',
  'YBR_PARTIAL_420',
  'YBR_ICT',
  'YBR_RCT',
];

/**
 * What a codec has to say of a damaged frame is not wanted. Told that all is well, it would write until all has been written.
 * `errno` of WASI.
 */
const BAD_DESCRIPTOR = 8;

/** Pointers are numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly _initialize: () => void;
  readonly CreateCodecsContext: () => number;
  readonly ReleaseCodecsContext: (context: number) => void;
  readonly SetColumns: (context: number, columns: number) => void;
  readonly SetRows: (context: number, rows: number) => void;
  readonly SetBitsAllocated: (context: number, bits: number) => void;
  readonly SetBitsStored: (context: number, bits: number) => void;
  readonly SetSamplesPerPixel: (context: number, samples: number) => void;
  readonly SetPixelRepresentation: (context: number, representation: number) => void;
  readonly SetPlanarConfiguration: (context: number, configuration: number) => void;
  readonly SetPhotometricInterpretation: (context: number, interpretation: number) => void;
  readonly SetEncodedBufferSize: (context: number, lengthBytes: number) => void;
  readonly GetEncodedBuffer: (context: number) => number;
  readonly GetEncodedBufferSize: (context: number) => number;
  readonly SetDecodedBufferSize: (context: number, lengthBytes: number) => void;
  readonly GetDecodedBuffer: (context: number) => number;
  readonly GetDecodedBufferSize: (context: number) => number;
  readonly CreateDecoderParameters: () => number;
  readonly ReleaseDecoderParameters: (parameters: number) => void;
  readonly SetConvertColorspaceToRgb: (parameters: number, converts: number) => void;
  readonly CreateEncoderParameters: () => number;
  readonly ReleaseEncoderParameters: (parameters: number) => void;
  readonly SetLossy: (parameters: number, isLossy: number) => void;
  readonly SetProgressionOrder: (parameters: number, order: number) => void;
  readonly SetAllowMct: (parameters: number, allows: number) => void;
  readonly DecodeJpeg: (context: number, parameters: number) => void;
  readonly DecodeJpegXl: (context: number, parameters: number) => void;
  readonly EncodeJpegLs: (context: number, parameters: number) => void;
  readonly EncodeJpeg2000: (context: number, parameters: number) => void;
}

class DcmjsModule {
  readonly #exports: Exports;

  constructor(compiled: WebAssembly.Module) {
    const memory = (): WebAssembly.Memory => this.#exports.memory;
    const fail = (): never => {
      throw new CodecFailure('The codec gave up on the frame.');
    };
    const expectMemory = (): void => {
      if (memory().buffer.byteLength > ENOUGH_MEMORY_BYTES) throw new CodecFailure('The frame needs too much memory.');
    };
    const nothing = (): number => 0;
    const instance = new WebAssembly.Instance(compiled, {
      env: {
        onCodecsException: fail,
        onCodecsInfo: nothing,
        onCodecsTrace: nothing,
        emscripten_notify_memory_growth: expectMemory,
      },
      wasi_snapshot_preview1: {
        proc_exit: () => {
          throw new CodecFailure('The codec gave up.');
        },
        clock_time_get: nothing,
        fd_write: () => BAD_DESCRIPTOR,
        fd_close: nothing,
        fd_seek: nothing,
        environ_get: nothing,
        environ_sizes_get: nothing,
      },
    });
    this.#exports = instance.exports as Exports;
    this.#exports._initialize();
  }

  /** Native pixels of the code stream in `frame`, colour by pixel. @throws CodecFailure */
  decode(codec: 'DecodeJpeg' | 'DecodeJpegXl', frame: Frame, convertsToRGB: boolean): Uint8Array<ArrayBuffer> {
    const wasm = this.#exports;
    const context = this.#createContext(frame.description);
    wasm.SetEncodedBufferSize(context, frame.bytes.length);
    new Uint8Array(wasm.memory.buffer).set(frame.bytes, wasm.GetEncodedBuffer(context));
    const parameters = wasm.CreateDecoderParameters();
    wasm.SetConvertColorspaceToRgb(parameters, convertsToRGB ? 1 : 0);
    wasm[codec](context, parameters);
    const pixels = this.#copy(wasm.GetDecodedBuffer(context), wasm.GetDecodedBufferSize(context));
    wasm.ReleaseDecoderParameters(parameters);
    wasm.ReleaseCodecsContext(context);
    return pixels;
  }

  /** A lossless code stream of native pixels, colour by pixel. @throws CodecFailure */
  encode(codec: 'EncodeJpeg2000' | 'EncodeJpegLs', frame: Frame, transformsColour: boolean): Uint8Array<ArrayBuffer> {
    const wasm = this.#exports;
    const context = this.#createContext(frame.description);
    wasm.SetDecodedBufferSize(context, frame.bytes.length);
    new Uint8Array(wasm.memory.buffer).set(frame.bytes, wasm.GetDecodedBuffer(context));
    const parameters = wasm.CreateEncoderParameters();
    wasm.SetLossy(parameters, 0);
    wasm.SetProgressionOrder(parameters, 0);
    wasm.SetAllowMct(parameters, transformsColour ? 1 : 0);
    wasm[codec](context, parameters);
    const stream = this.#copy(wasm.GetEncodedBuffer(context), wasm.GetEncodedBufferSize(context));
    wasm.ReleaseEncoderParameters(parameters);
    wasm.ReleaseCodecsContext(context);
    return stream;
  }

  #createContext(description: FrameDescription): number {
    const wasm = this.#exports;
    const context = wasm.CreateCodecsContext();
    wasm.SetColumns(context, description.columns);
    wasm.SetRows(context, description.rows);
    wasm.SetBitsAllocated(context, description.bitsAllocated);
    wasm.SetBitsStored(context, description.bitsStored);
    wasm.SetSamplesPerPixel(context, description.samplesPerPixel);
    wasm.SetPixelRepresentation(context, description.pixelRepresentation);
    wasm.SetPlanarConfiguration(context, 0);
    const interpretation = INTERPRETATIONS.indexOf(description.photometricInterpretation ?? '');
    wasm.SetPhotometricInterpretation(context, interpretation < 0 ? 1 : interpretation);
    return context;
  }

  #copy(pointer: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#exports.memory.buffer, pointer, lengthBytes).slice();
  }
}

/** Compiles the module when it is first needed, and never again. */
class DcmjsCompiler {
  #compiled: WebAssembly.Module | undefined;

  create(): DcmjsModule {
    const path = createRequire(import.meta.url).resolve('dcmjs-codecs/build/dcmjs-native-codecs.wasm');
    this.#compiled ??= compileBounded(path);
    return new DcmjsModule(this.#compiled);
  }
}

const compiler = new DcmjsCompiler();

/** One that wants too much fails by itself. */
export const dcmjs = new RenewedModule(async () => ({ module: compiler.create(), isExhausted: () => false }));
