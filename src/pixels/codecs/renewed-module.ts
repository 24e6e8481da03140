/**
 * A module of WebAssembly: made when it is first used, and made anew after a failure, for nobody knows what that left
 * behind in its memory.
 */
import { CodecFailure } from './codec-failure.js';

export interface Created<M> {
  readonly module: M;
  /** Whether it has wanted more memory than it may have. */
  readonly isExhausted: () => boolean;
}

export class RenewedModule<M> {
  readonly #create: () => Promise<Created<M>>;
  #created: Promise<Created<M>> | undefined;

  constructor(create: () => Promise<Created<M>>) {
    this.#create = create;
  }

  /** @throws CodecFailure for whatever goes wrong in the module */
  async use<R>(work: (module: M) => R): Promise<R> {
    try {
      this.#created ??= this.#create();
      const { module, isExhausted } = await this.#created;
      const result = work(module);
      if (isExhausted()) throw new CodecFailure('The frame needs too much memory.');
      return result;
    } catch (error) {
      this.#created = undefined;
      throw error instanceof CodecFailure ? error : new CodecFailure('The codec gave up.', { cause: error });
    }
  }
}
