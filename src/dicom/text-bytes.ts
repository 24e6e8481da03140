/** UTF-8 as it arrives, in pieces that may cut through a character. */
import { invalidRequest } from '../errors.js';

export class TextBytes {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #kind: string;

  /** @param kind what a message calls the text: `JSON` */
  constructor(kind: string) {
    this.#kind = kind;
  }

  /** The characters that have come whole; a byte order mark is left out. @throws ArchiveError `invalid-request` */
  of(chunk: Buffer): string {
    return this.#decode(chunk, true);
  }

  /** Say that no more comes. @throws ArchiveError `invalid-request` when a character is not whole */
  end(): void {
    this.#decode(undefined, false);
  }

  #decode(chunk: Buffer | undefined, stream: boolean): string {
    try {
      return this.#decoder.decode(chunk, { stream });
    } catch {
      throw invalidRequest(`The ${this.#kind} of the body is not in UTF-8.`);
    }
  }
}
