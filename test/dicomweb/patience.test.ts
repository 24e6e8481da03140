import { type ClientRequest, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Request } from 'express';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inTime } from '../../src/http/patience.js';

const PATIENCE = { silenceMs: 300, windowMs: 600, windowBytes: 1_000 };

/** What becomes of a body that is sent by `send` and read by `read`. */
async function outcomeOf(
  send: (sending: ClientRequest) => Promise<void>,
  read: (request: Request) => Promise<number> = (request) => countBytes(request),
): Promise<number> {
  return new Promise((resolve, reject) => {
    const app = express();
    app.post('/', (request, response) => {
      read(request)
        .then(resolve, reject)
        .finally(() => response.end());
    });
    const server = app.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const sending = httpRequest({ host: '127.0.0.1', port, method: 'POST', agent: false });
      sending.on('error', () => undefined);
      void send(sending);
    });
    onTestFinished(() => void server.close().closeAllConnections());
  });
}

async function countBytes(request: Request, patience = PATIENCE): Promise<number> {
  let bytes = 0;
  for await (const chunk of inTime(request, patience)) bytes += chunk.length;
  return bytes;
}

const sendEvery =
  (ms: number, bytes: number, times: number) =>
  async (sending: ClientRequest): Promise<void> => {
    for (let i = 0; i < times; i++) {
      sending.write(Buffer.alloc(bytes));
      await wait(ms);
    }
    sending.end();
  };

describe('inTime', () => {
  it('T52 gives up a sender who falls silent', async () => {
    await expect(outcomeOf(sendEvery(10_000, 100_000, 1))).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('T52 gives up a sender who sends a byte from time to time', async () => {
    await expect(outcomeOf(sendEvery(50, 1, 100))).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('T52 reads from a sender who is slow within bounds', async () => {
    const read = (request: Request): Promise<number> => countBytes(request, { ...PATIENCE, silenceMs: 2_000 });
    expect(await outcomeOf(sendEvery(50, 200, 30), read)).toBe(6_000);
  });

  it('T52 holds the time that its reader takes against nobody', async () => {
    const slowly = async (request: Request): Promise<number> => {
      let bytes = 0;
      for await (const chunk of inTime(request, PATIENCE)) {
        bytes += chunk.length;
        await wait(2 * PATIENCE.windowMs);
      }
      return bytes;
    };
    expect(await outcomeOf(sendEvery(100, 10, 3), slowly)).toBe(30);
  });
});
