/** Clients that take their time or never stop: nobody holds a connection, or memory, for as long as he likes. */
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startServer } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { WRITE_MS } from '../../src/http/write-pieces.js';
import { silentLog } from '../../src/log.js';
import { freePort } from '../support/free-port.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { ask } from './wire.js';

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
});
afterAll(() => archive.close());

const MULTIPART = 'multipart/related; type="application/dicom"; boundary=parts';

/** Send a request whose body never ends, reading what comes back; gives that, and how long the connection lasted. */
function sendForever(head: readonly string[]): Promise<{ received: string; lastedMs: number }> {
  const { hostname, port } = new URL(archive.url);
  return new Promise((resolve) => {
    const began = Date.now();
    let received = '';
    const socket = connect({ host: hostname, port: Number(port) });
    const sending = setInterval(() => socket.write('400\r\n'.concat('x'.repeat(1024), '\r\n')), 50);
    socket.write([...head, 'Host: x', 'Transfer-Encoding: chunked', '', ''].join('\r\n'));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(sending);
      resolve({ received, lastedMs: Date.now() - began });
    });
  });
}

describe('an answer before the body has come', () => {
  it.each([
    ['401 without a token', ['POST /dicom-web/studies HTTP/1.1', `Content-Type: ${MULTIPART}`], 401],
    ['404 where nothing is', ['POST /nowhere HTTP/1.1'], 404],
  ])('T52 says that it closes the connection, and does: %s', async (_name, head, status) => {
    const { received, lastedMs } = await sendForever(head);
    expect(received).toContain(`HTTP/1.1 ${status} `);
    expect(received).toMatch(/^Connection: close\r$/m);
    expect(lastedMs).toBeLessThan(8_000);
  });

  it('reaches a client that reads nothing before it has sent all', async () => {
    const body = Buffer.alloc(6 * 1024 * 1024);
    const { hostname, port } = new URL(archive.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write(`POST /dicom-web/studies HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    for (let at = 0; at < body.length; at += 1024 * 1024) {
      await new Promise((resolve) => socket.write(body.subarray(at, at + 1024 * 1024), resolve));
      await wait(50);
    }
    const received: Buffer[] = [];
    for await (const chunk of socket) received.push(chunk as Buffer);
    expect(Buffer.concat(received).toString()).toContain('HTTP/1.1 401 ');
  });
});

describe('a server', () => {
  it('T54 takes no more connections than it is told to', async () => {
    const port = await freePort();
    const config = loadConfig({ NCCID_DATA: temporaryFolder(), NCCID_PORT: String(port) });
    const server = await startServer({ config, log: silentLog, now: Date.now, maxConnections: 2 });
    onTestFinished(() => server.close());
    const sockets = [1, 2, 3].map(() => connect({ host: '127.0.0.1', port }).on('error', () => undefined));
    const isOpen = sockets.map(() => true);
    for (const [i, socket] of sockets.entries()) {
      socket.on('close', () => {
        isOpen[i] = false;
      });
      socket.resume();
    }
    await expect.poll(() => isOpen.filter(Boolean).length).toBe(2);
    for (const socket of sockets) socket.destroy();
    await wait(100);
    expect((await ask(server.url, '/healthz')).status).toBe(200);
  });
});

describe('answers that nobody reads', () => {
  it.each(['/healthz', '/portal.css', '/sign-in', '/dicom-web/studies'])(
    'T53 are given up in time once no more fit into the connection: %s',
    async (target) => {
      const timers = vi.spyOn(globalThis, 'setTimeout');
      const { hostname, port } = new URL(archive.url);
      const socket = connect({ host: hostname, port: Number(port) }).on('error', () => undefined);
      onTestFinished(() => {
        timers.mockRestore();
        socket.destroy();
      });
      socket.pause().write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(20_000));
      await vi.waitFor(() => expect(timers.mock.calls.map(([, ms]) => ms)).toContain(WRITE_MS), { timeout: 8_000 });
    },
  );
});
