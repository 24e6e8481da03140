/** The suite's HTTP client, against servers that answer in odd ways. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTCPServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Client } from '../../conformance/wire/client.js';
import { freePort } from '../support/free-port.js';

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function serve(listener: RequestListener, prepare: (server: Server) => void = () => {}): Promise<string> {
  const port = await freePort();
  const server = createServer(listener);
  prepare(server);
  open.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${port}`;
}

/** A server that says these bytes to whoever comes. */
async function say(text: string): Promise<string> {
  const port = await freePort();
  const server = createTCPServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(text));
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${port}`;
}

function clientOf(base: string): Client {
  const client = new Client(base, { reader: 'READ', storer: 'STORE' });
  open.push(client);
  return client;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
};

describe('the client', () => {
  it('sends a path as it is given, and no header that it was not told of', async () => {
    const seen: { url: string | undefined; headers: string[] }[] = [];
    const base = await serve((request, response) => {
      seen.push({ url: request.url, headers: request.rawHeaders.filter((_, i) => i % 2 === 0) });
      response.end();
    });
    await clientOf(`${base}/dw/`).ask('/studies/../%2e%2E//x?a[b]=%00');
    expect(seen).toEqual([
      { url: '/dw/studies/../%2e%2E//x?a[b]=%00', headers: ['Authorization', 'Host', 'Connection'] },
    ]);
  });

  it('gives tokens to the server they are for, each to its own kind of request, and to no other server', async () => {
    const tokens: (string | undefined)[] = [];
    const listener: RequestListener = (request, response) => {
      tokens.push(request.headers.authorization);
      response.end();
    };
    const [here, elsewhere] = [await serve(listener), await serve(listener)];
    const client = clientOf(here);
    await client.ask('/');
    await client.ask('/', { as: 'storer' });
    await client.ask('/', { as: 'none' });
    await client.ask('/', { as: 'outsider' });
    await client.ask(`${here}/other`);
    await client.ask(`${elsewhere}/other`);
    expect(tokens).toEqual(['Bearer READ', 'Bearer STORE', undefined, undefined, 'Bearer READ', undefined]);
  });

  it('keeps the spelling, order and repetition of header fields', async () => {
    const base = await say('HTTP/1.1 200 OK\r\nX-b: 1\r\nx-A: 2\r\nX-B: 3\r\nContent-Length: 1\r\n\r\nx');
    const answer = await clientOf(base).ask('/');
    expect(answer.rawHeaders.slice(0, 3)).toEqual([
      ['X-b', '1'],
      ['x-A', '2'],
      ['X-B', '3'],
    ]);
    expect([answer.header('x-b'), answer.headers('x-b')]).toEqual(['1', ['1', '3']]);
  });

  it.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx'],
    ['a body that is cut short', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx'],
    ['chunks that do not end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'],
    ['no HTTP', 'hello\r\n\r\n'],
    ['nothing', ''],
  ])('takes %s for no answer', async (_what, text) => {
    await expect(clientOf(await say(text)).ask('/')).rejects.toThrow(/GET \//);
  });

  it('waits for 100 before it sends a body that expects it, and tells of it', async () => {
    const base = await serve(async (request, response) => void response.end(await bodyOf(request)));
    const answer = await clientOf(base).ask('/', { method: 'POST', body: 'abc', headers: { Expect: '100-continue' } });
    expect([answer.status, answer.interim, answer.body.toString()]).toEqual([200, [100], 'abc']);
  });

  it('sends no body to who does not want it, nor when it is only to know', async () => {
    let bodies = 0;
    const count = (request: IncomingMessage) =>
      void request.on('data', () => (bodies += 1)).on('error', () => undefined);
    const refusing = await serve(
      () => undefined,
      (server) =>
        server.on('checkContinue', (request, response) => {
          count(request);
          response.writeHead(415).end();
        }),
    );
    const expecting = { method: 'POST', body: 'abc', headers: { Expect: '100-continue' }, stopAtContinue: true };
    expect((await clientOf(refusing).ask('/', expecting)).status).toBe(415);
    const willing = await serve((request) => count(request));
    expect((await clientOf(willing).ask('/', expecting)).status).toBe(100);
    expect(bodies).toBe(0);
  });

  it('breaks off where it is told to', async () => {
    let isBroken = false;
    const base = await serve((request) => {
      request.on('data', () => undefined);
      request.on('error', () => (isBroken = true));
    });
    await expect(clientOf(base).ask('/', { method: 'POST', body: 'abcdef', breakAfterBytes: 3 })).rejects.toThrow(
      'on purpose',
    );
    await expect.poll(() => isBroken).toBe(true);
  });

  it('sends chunks as chunks', async () => {
    const base = await serve(async (request, response) => {
      response.end(`${request.headers['transfer-encoding']} ${await bodyOf(request)}`);
    });
    const answer = await clientOf(base).ask('/', { method: 'POST', chunks: [Buffer.from('ab'), Buffer.from('c')] });
    expect(answer.body.toString()).toBe('chunked abc');
  });

  it('gives up on a server that does not answer', async () => {
    const base = await serve(() => undefined);
    await expect(clientOf(base).ask('/', { timeoutMs: 200 })).rejects.toThrow('no answer within');
  });

  it('tells of an upgrade by its status', async () => {
    const base = await say('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const answer = await clientOf(base).ask('/', { headers: { Connection: 'Upgrade', Upgrade: 'websocket' } });
    expect(answer.status).toBe(101);
  });
});
