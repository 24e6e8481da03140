import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectTaken, expectTakenOnceWritten, PrematureClose, writePieces } from '../../src/http/write-pieces.js';

const WRITE_MS = 300;
const PIECE = Buffer.alloc(4 * 1024 * 1024, 1);

async function* pieces(count: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < count; i++) yield PIECE;
}

/** A server that answers by `handle`, and what becomes of one answer of it that a client reads as it likes. */
async function answer<T>(
  handle: (response: ServerResponse) => Promise<T>,
  read: (response: IncomingMessage) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const server = createServer((_request, response) => void handle(response).then(resolve, reject));
    onTestFinished(() => void server.close().closeAllConnections());
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      get({ host: '127.0.0.1', port, agent: false }, read).on('error', () => undefined);
    });
  });
}

describe('writePieces', () => {
  it('T53 cuts off who takes nothing', async () => {
    const outcome = answer(
      (response) => writePieces(response, pieces(100), WRITE_MS),
      (response) => void response.on('error', () => undefined).pause(),
    );
    await expect(outcome).rejects.toThrow(PrematureClose);
  });

  it('T53 goes on with who is slow, and with pieces that are slow to make', async () => {
    const writeMs = 5 * WRITE_MS;
    async function* slowly(): AsyncGenerator<Buffer> {
      yield PIECE;
      await wait(2 * writeMs);
      yield PIECE;
      yield PIECE;
      yield PIECE;
    }
    let received = 0;
    const ended = new Promise<void>((resolve, reject) => {
      answer(
        (response) => writePieces(response, slowly(), writeMs),
        (response) => {
          response.on('end', resolve).on('data', (chunk: Buffer) => {
            received += chunk.length;
            response.pause();
            setTimeout(() => response.resume(), 3);
          });
        },
      ).catch(reject);
    });
    await ended;
    expect(received).toBe(4 * PIECE.length);
  });
});

describe('expectTaken', () => {
  it('T53 cuts off who does not take an answer that was written at once', async () => {
    const closed = answer(
      (response) =>
        new Promise<string>((resolve) => {
          response.on('close', () => resolve('closed'));
          response.end(Buffer.alloc(64 * 1024 * 1024));
          expectTaken(response, WRITE_MS);
        }),
      (response) => void response.on('error', () => undefined).pause(),
    );
    expect(await Promise.race([closed, wait(20 * WRITE_MS, 'open')])).toBe('closed');
  });
});

describe('expectTakenOnceWritten', () => {
  it('T53 cuts off who does not take what anybody has written', async () => {
    const closed = answer(
      (response) =>
        new Promise<string>((resolve) => {
          response.on('close', () => resolve('closed'));
          expectTakenOnceWritten(response, WRITE_MS);
          setTimeout(() => response.end(Buffer.alloc(64 * 1024 * 1024)), 2 * WRITE_MS);
        }),
      (response) => void response.on('error', () => undefined).pause(),
    );
    expect(await Promise.race([closed, wait(20 * WRITE_MS, 'open')])).toBe('closed');
  });
});
