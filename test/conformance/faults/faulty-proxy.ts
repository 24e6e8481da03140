/** A server that is right but for the fault that is planted in it: a proxy before one that is right. */
import { createServer, type IncomingMessage, request as requestHTTP, type ServerResponse } from 'node:http';
import { type Fault, isReply, type Passing, type Reply } from './fault.js';

export interface FaultyProxy {
  fault: Fault | undefined;
  close(): Promise<void>;
}

/** Start it on `port`, before the services at `base`. */
export async function startFaultyProxy(port: number, base: string): Promise<FaultyProxy> {
  const { port: behind, pathname } = new URL(base);
  const proxy: { fault: Fault | undefined } = { fault: undefined };
  const server = createServer({ maxHeaderSize: 256 * 1024 }, (request, response) => {
    pass(request, response, Number(behind), pathname, proxy.fault).catch(() => response.destroy());
  });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    passExpecting(request, response, Number(behind), pathname, proxy.fault).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  port: number,
  prefix: string,
  planted: Fault | undefined,
): Promise<void> {
  const url = incoming.url ?? '';
  const isBelow = url.startsWith(prefix);
  const came: Passing = {
    method: incoming.method ?? 'GET',
    target: isBelow ? url.slice(prefix.length) : url,
    headers: pairs(incoming.rawHeaders),
    body: await bodyOf(incoming),
  };
  const turned = planted?.request?.(came) ?? came;
  const plain = isReply(turned) ? turned : await forward(turned, port, isBelow ? prefix : '');
  const answer = planted?.answer?.(plain, came) ?? plain;
  send(outgoing, answer, plain);
}

/** @param plain the answer as it was, whose Content-Length is kept when the body is the same */
function send(outgoing: ServerResponse, answer: Reply, plain: Reply | undefined): void {
  const headers = answer.headers.filter(([name]) => !/^(?:connection|keep-alive|transfer-encoding)$/i.test(name));
  const isSame = answer.body === plain?.body;
  const kept = isSame ? headers : headers.filter(([name]) => !/^content-length$/i.test(name));
  outgoing.writeHead(answer.status, kept.flat());
  outgoing.end(answer.body);
}

/** Ask the server behind whether it wants the body, and only then the client for it. */
async function passExpecting(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  port: number,
  prefix: string,
  planted: Fault | undefined,
): Promise<void> {
  const method = incoming.method ?? 'POST';
  const url = incoming.url ?? '';
  const came: Passing = {
    method,
    target: url.slice(prefix.length),
    headers: pairs(incoming.rawHeaders),
    body: Buffer.alloc(0),
  };
  const refusal = await new Promise<Reply | undefined>((resolve, reject) => {
    const headers = Object.fromEntries(came.headers.filter(([name]) => !/^(?:host|connection)$/i.test(name)));
    const probe = requestHTTP({ port, host: '127.0.0.1', path: url, method, headers });
    probe.on('continue', () => {
      resolve(undefined);
      probe.destroy();
    });
    probe.on('response', (response) => {
      bodyOf(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, headers: pairs(response.rawHeaders), body });
        probe.destroy();
      }, reject);
    });
    probe.on('error', () => resolve(undefined));
    probe.flushHeaders();
  });
  const answer = refusal === undefined ? undefined : (planted?.answer?.(refusal, came) ?? refusal);
  if (answer !== undefined && answer.status !== 100) return send(outgoing, answer, refusal);
  outgoing.writeContinue();
  await pass(incoming, outgoing, port, prefix, planted);
}

function forward({ method, target, headers, body }: Passing, port: number, prefix: string): Promise<Reply> {
  const sent = headers.filter(([name]) => !/^(?:host|connection|transfer-encoding|expect)$/i.test(name));
  const hasLength = sent.some(([name]) => /^content-length$/i.test(name));
  return new Promise((resolve, reject) => {
    const request = requestHTTP(
      {
        port,
        host: '127.0.0.1',
        path: prefix + target,
        method,
        headers: Object.fromEntries(
          hasLength
            ? sent.map(([name, value]) => [name, /^content-length$/i.test(name) ? String(body.length) : value])
            : sent,
        ),
        maxHeaderSize: 256 * 1024,
      },
      (response) => {
        bodyOf(response).then(
          (whole) => resolve({ status: response.statusCode ?? 0, headers: pairs(response.rawHeaders), body: whole }),
          reject,
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

const pairs = (flat: readonly string[]): (readonly [string, string])[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? ''] as const);
