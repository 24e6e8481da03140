/**
 * Writes a body piece by piece, each one handed to the operating system before the next is made: whoever makes them may
 * use one buffer again and again, and a slow reader holds up nothing but his own answer.
 */
import type { ServerResponse } from 'node:http';

/** Pieces that are less than this together wait to go out with the one after them. */
const SMALL_BYTES = 4 * 1024;

/** Write all pieces and end the response. @throws PrematureClose when the client goes away, and what `pieces` throws */
export async function writePieces(response: ServerResponse, pieces: AsyncGenerator<Buffer>): Promise<void> {
  const hangUp = new HangUp(response);
  try {
    let waitingBytes = 0;
    for await (const piece of pieces) {
      if (piece.length === 0) continue;
      waitingBytes += piece.length;
      if (waitingBytes < SMALL_BYTES) {
        response.cork();
        // Copied, for its maker may use its bytes again before it has gone out.
        response.write(Buffer.from(piece));
        continue;
      }
      waitingBytes = 0;
      await hangUp.orDone((done) => {
        response.write(piece, done);
        uncork(response);
      });
    }
    await hangUp.orDone((done) => {
      response.end(done);
      uncork(response);
    });
  } finally {
    hangUp.stop();
  }
}

/** The client has gone away before the end of the answer. */
export class PrematureClose extends Error {
  override readonly name = 'PrematureClose';
}

function uncork(response: ServerResponse): void {
  while (response.writableCorked > 0) response.uncork();
}

/** Ends the wait for a write when the connection closes, for then nobody tells what became of it. */
class HangUp {
  readonly #response: ServerResponse;
  #reject: ((error: Error) => void) | undefined;
  readonly #onClose = (): void => this.#reject?.(new PrematureClose('The client has gone away.'));

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once('close', this.#onClose);
  }

  orDone(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#response.destroyed || this.#response.socket?.destroyed) return this.#fail(reject);
      this.#reject = reject;
      start((error) => {
        this.#reject = undefined;
        if (error) reject(error);
        else resolve();
      });
    });
  }

  stop(): void {
    this.#response.off('close', this.#onClose);
  }

  #fail(reject: (error: Error) => void): void {
    reject(new PrematureClose('The client has gone away.'));
  }
}
