/** Requests and answers as they are on the wire: what `fetch` would tidy, join or hide. */
import { type Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';

export interface WireAnswer {
  readonly status: number;
  /** By name in lower case; a repeated one joined with a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `[name, value]`, in order, as sent. */
  readonly rawHeaders: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** False when the connection broke before the answer was whole. */
  readonly isComplete: boolean;
}

export interface WireRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array;
  readonly agent?: Agent;
}

/** Ask with a target that nobody normalises. */
export function ask(origin: string, target: string, options: WireRequest = {}): Promise<WireAnswer> {
  const { hostname, port } = new URL(origin);
  const { method = 'GET', body, agent } = options;
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { hostname, port, path: target, method, headers, ...(agent && { agent }) },
      (response) => {
        const chunks: Buffer[] = [];
        const settle = (): void =>
          resolve({
            status: response.statusCode ?? 0,
            headers: joined(response.headersDistinct),
            rawHeaders: pairs(response.rawHeaders),
            body: Buffer.concat(chunks),
            isComplete: response.complete,
          });
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', settle);
        response.on('error', settle);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const joined = (headers: NodeJS.Dict<string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, values.join(', ')]));

const pairs = (raw: readonly string[]): (readonly [string, string])[] =>
  raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []));

export interface RawOptions {
  /** What is sent when the first bytes of an answer have come. */
  readonly after?: Uint8Array | string;
  /** Whether this side closes its half after what it sent. */
  readonly halfClose?: boolean;
  /** Whether this side destroys the connection after so many milliseconds. */
  readonly destroyAfterMs?: number;
}

/** Send these very bytes over a connection of their own, and give all that came back until it was closed. */
export function sendRaw(origin: string, bytes: Uint8Array | string, options: RawOptions = {}): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('connect', () => (options.halfClose === true ? socket.end(bytes) : socket.write(bytes)));
    socket.once('data', () => options.after !== undefined && socket.write(options.after));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    if (options.destroyAfterMs !== undefined) setTimeout(() => socket.destroy(), options.destroyAfterMs);
  });
}

/** The status of the last answer in what `sendRaw` gave. */
export function lastStatus(received: string): number | undefined {
  const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)];
  const status = statuses.at(-1)?.[1];
  return status === undefined ? undefined : Number(status);
}
