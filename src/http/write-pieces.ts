/**
 * Writes a body piece by piece, each one handed to the operating system before the next is made: whoever makes them may
 * use one buffer again and again, and a slow reader holds up nothing but his own answer. One who takes nothing is cut off.
 */
import type { ServerResponse } from 'node:http';

/** Pieces that are less than this together wait to go out with the one after them. */
const SMALL_BYTES = 4 * 1024;
/** What is written at once of a larger piece: so much must be taken in time. */
export const LARGEST_WRITE_BYTES = 1024 * 1024;
/** How long one write may take, in milliseconds. */
export const WRITE_MS = 60_000;

/**
 * Write all pieces and end the response.
 * @throws PrematureClose when the client goes away, or takes no bytes for `writeMs`; and what `pieces` throws
 */
export async function writePieces(
  response: ServerResponse,
  pieces: AsyncGenerator<Buffer>,
  writeMs = WRITE_MS,
): Promise<void> {
  const hangUp = new HangUp(response, writeMs);
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
      for (let at = 0; at < piece.length; at += LARGEST_WRITE_BYTES) {
        await hangUp.orDone((done) => {
          response.write(piece.subarray(at, at + LARGEST_WRITE_BYTES), done);
          uncork(response);
        });
      }
    }
    await hangUp.orDone((done) => {
      response.end(done);
      uncork(response);
    });
  } finally {
    hangUp.stop();
  }
}

/** Cut a client off who does not take, in time, an answer that has been written at once. */
export function expectTaken(response: ServerResponse, writeMs = WRITE_MS): void {
  if (response.writableFinished || response.destroyed) return;
  const timer = setTimeout(() => response.destroy(), writeMs);
  response.once('finish', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

/** Do so with whatever answer comes, once it has been written, by whomever: errors and small pages too. */
export const expectTakenOnceWritten = (response: ServerResponse, writeMs = WRITE_MS): void =>
  void response.once('prefinish', () => expectTaken(response, writeMs));

/** The client has gone away before the end of the answer. */
export class PrematureClose extends Error {
  override readonly name = 'PrematureClose';
}

function uncork(response: ServerResponse): void {
  while (response.writableCorked > 0) response.uncork();
}

/** Ends the wait for a write when the connection closes, for then nobody tells what became of it; and when it lasts too long. */
class HangUp {
  readonly #response: ServerResponse;
  readonly #timer: NodeJS.Timeout;
  #reject: ((error: Error) => void) | undefined;
  readonly #onClose = (): void => this.#reject?.(new PrematureClose('The client has gone away.'));

  constructor(response: ServerResponse, writeMs: number) {
    this.#response = response;
    response.once('close', this.#onClose);
    // Set back by every write; between two of them it is no business of the client's that time goes by.
    this.#timer = setTimeout(() => this.#reject !== undefined && response.destroy(), writeMs);
  }

  orDone(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#response.destroyed || this.#response.socket?.destroyed) return this.#fail(reject);
      this.#reject = reject;
      this.#timer.refresh();
      start((error) => {
        this.#reject = undefined;
        if (error) reject(error);
        else resolve();
      });
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#response.off('close', this.#onClose);
  }

  #fail(reject: (error: Error) => void): void {
    reject(new PrematureClose('The client has gone away.'));
  }
}
