/** What is used of WebAssembly: neither the language's library nor Node's types declare it without those of a browser. */
declare namespace WebAssembly {
  type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  class Memory {
    readonly buffer: ArrayBuffer;
    /** By so many pages of 64 KiB. Gives how many there were. @throws RangeError */
    grow: (pages: number) => number;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: object;
  }
}
