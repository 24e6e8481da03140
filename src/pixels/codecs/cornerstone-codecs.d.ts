/** What is used of three packages that bring no types: CharLS, OpenJPEG and OpenJPH as WebAssembly, by Emscripten. */
declare module '@cornerstonejs/codec-charls/wasmjs' {
  export interface FrameInfo {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
  }
  export interface Decoder {
    /** Memory for a code stream of so many bytes. */
    getEncodedBuffer(lengthBytes: number): Uint8Array;
    decode(): void;
    getFrameInfo(): FrameInfo;
    getInterleaveMode(): number;
    /** A view that the next call may take away. */
    getDecodedBuffer(): Uint8Array;
    delete(): void;
  }
  export interface Encoder {
    getDecodedBuffer(frame: FrameInfo): Uint8Array;
    setNearLossless(most: number): void;
    setInterleaveMode(mode: number): void;
    encode(): void;
    getEncodedBuffer(): Uint8Array;
    delete(): void;
  }
  export interface CharLS {
    readonly JpegLSDecoder: new () => Decoder;
    readonly JpegLSEncoder: new () => Encoder;
  }
  export default function create(options?: Readonly<Record<string, unknown>>): Promise<CharLS>;
}

declare module '@cornerstonejs/codec-openjph/wasmjs' {
  export interface FrameInfo {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
    readonly isSigned: boolean;
    readonly isUsingColorTransform: boolean;
  }
  export interface Decoder {
    getEncodedBuffer(lengthBytes: number): Uint8Array;
    decode(): void;
    getFrameInfo(): FrameInfo;
    getDecodedBuffer(): Uint8Array;
    delete(): void;
  }
  export interface Encoder {
    getDecodedBuffer(frame: FrameInfo): Uint8Array;
    setQuality(isReversible: boolean, quantizationStep: number): void;
    setProgressionOrder(order: number): void;
    setTLMMarker(isWritten: boolean): void;
    setDecompositions(levels: number): void;
    encode(): void;
    getEncodedBuffer(): Uint8Array;
    delete(): void;
  }
  export interface OpenJPH {
    readonly HTJ2KDecoder: new () => Decoder;
    readonly HTJ2KEncoder: new () => Encoder;
  }
  export default function create(options?: Readonly<Record<string, unknown>>): Promise<OpenJPH>;
}

declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  export interface Decoder {
    getEncodedBuffer(lengthBytes: number): Uint8Array;
    decode(): void;
    getDecodedBuffer(): Uint8Array;
    delete(): void;
  }
  export interface OpenJPEG {
    readonly J2KDecoder: new () => Decoder;
  }
  export default function create(options?: Readonly<Record<string, unknown>>): Promise<OpenJPEG>;
}
