/**
 * A module of WebAssembly: made when it is first used, and made anew after a failure, for nobody knows what that left
 * behind in its memory, or when its memory has grown, for it never shrinks.
 */
import { CodecFailure } from './codec-failure.js';

const KEPT_MEMORY_BYTES = 128 * 1024 * 1024;

export class RenewedModule<M> {
  readonly #create: () => Promise<M>;
  readonly #memoryBytes: (module: M) => number;
  #module: Promise<M> | undefined;

  constructor(create: () => Promise<M>, memoryBytes: (module: M) => number) {
    this.#create = create;
    this.#memoryBytes = memoryBytes;
  }

  /** @throws CodecFailure for whatever goes wrong in the module */
  async use<R>(work: (module: M) => R): Promise<R> {
    try {
      this.#module ??= this.#create();
      const module = await this.#module;
      const result = work(module);
      if (this.#memoryBytes(module) > KEPT_MEMORY_BYTES) this.#module = undefined;
      return result;
    } catch (error) {
      this.#module = undefined;
      throw error instanceof CodecFailure ? error : new CodecFailure('The codec gave up.', { cause: error });
    }
  }
}
