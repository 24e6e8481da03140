import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readForm } from '../../src/portal/form-body.js';

const PATIENCE = { silenceMs: 200, windowMs: 400, windowBytes: 1_000 };

/** What is read of a form of 10 bytes of which so much is sent. */
const readOf = (body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      readForm(request, PATIENCE)
        .then((form) => resolve(form.toString()), reject)
        .finally(() => response.end());
    });
    onTestFinished(() => void server.close().closeAllConnections());
    server.listen(0, '127.0.0.1', () => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => undefined);
      const type = 'application/x-www-form-urlencoded';
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 10\r\n\r\n${body}`);
    });
  });

describe('readForm', () => {
  it('reads a form', async () => {
    expect(await readOf('token=abcd')).toBe('token=abcd');
  });

  it('T52 gives up a sender who falls silent, for he needs no token', async () => {
    await expect(readOf('token=')).rejects.toThrow('The body stopped.');
  });
});
