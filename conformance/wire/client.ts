/**
 * An HTTP client that hides nothing: the path goes out as it is given, header fields come back in their order and spelling,
 * and so do interim answers and the bytes of the body. It follows no redirect and decodes no content coding.
 */
import { type ClientRequest, Agent as HTTPAgent, request as requestHTTP } from 'node:http';
import { Agent as HTTPSAgent, request as requestHTTPS } from 'node:https';

const TIMEOUT_MS = 60_000;
const MAX_BODY_BYTES = 512 * 1024 * 1024;

export interface Ask {
  readonly method?: string;
  /** Sent as given, before what the client adds (Host, Authorization, Content-Length). */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer | string;
  /** Sent with `Transfer-Encoding: chunked`, a chunk each. */
  readonly chunks?: readonly Buffer[];
  /** `none` sends no token. */
  readonly as?: 'reader' | 'storer' | 'outsider' | 'partial' | 'coerced' | 'none';
  /** Break the connection after these bytes of the body instead of ending the request. */
  readonly breakAfterBytes?: number;
  /** With `Expect: 100-continue`: take the interim answer for the answer, and send no body. */
  readonly stopAtContinue?: boolean;
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly method: string;
  readonly target: string;
  /** Header fields that were sent, without the token. */
  readonly sent: readonly string[];
  readonly status: number;
  /** In the order and spelling in which they came. */
  readonly rawHeaders: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** Status codes of interim answers, 1xx. */
  readonly interim: readonly number[];
  /** The first value of a header field. */
  header(name: string): string | undefined;
  /** All values of a header field, one text each. */
  headers(name: string): readonly string[];
}

export interface Tokens {
  readonly reader?: string | undefined;
  readonly storer?: string | undefined;
  /** Of a caller who may not see what the suite stores. */
  readonly outsider?: string | undefined;
  /** Of a caller who may see some of the series that the suite stores. */
  readonly partial?: string | undefined;
  /** Of a sender in whose data the server changes attributes. */
  readonly coerced?: string | undefined;
}

export class Client {
  /** The base URI of the services, without a slash at its end. */
  readonly base: string;
  readonly tokens: Tokens;
  readonly #agents = { http: new HTTPAgent({ keepAlive: true }), https: new HTTPSAgent({ keepAlive: true }) };

  constructor(base: string, tokens: Tokens) {
    this.base = base.replace(/\/+$/, '');
    this.tokens = tokens;
  }

  /**
   * Send one request and read the whole answer.
   * @param target a path below the base URI, beginning with `/`, or an absolute URL
   * @throws Error when no valid answer came, with the reason
   */
  async ask(target: string, ask: Ask = {}): Promise<Answer> {
    try {
      return await this.#send(target, ask);
    } catch (error) {
      // A server may close a connection it kept open just as the next request leaves.
      if (error instanceof StaleConnection) return this.#send(target, ask);
      throw error;
    }
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  #send(target: string, ask: Ask): Promise<Answer> {
    const { method = 'GET', timeoutMs = TIMEOUT_MS } = ask;
    const { origin, path, isOurs } = this.#locate(target);
    const url = new URL(origin);
    const headers = { ...ask.headers, ...this.#authorization(ask, isOurs), ...lengthOf(ask) };
    const isTLS = url.protocol === 'https:';
    const options = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || (isTLS ? 443 : 80),
      path,
      method,
      headers,
      agent: isTLS ? this.#agents.https : this.#agents.http,
      maxHeaderSize: 256 * 1024,
    };
    return new Promise((resolve, reject) => {
      const request = (isTLS ? requestHTTPS : requestHTTP)(options);
      const fail = (error: Error): void => reject(describe(error, request, method, target));
      const interim: number[] = [];
      const answered = (status: number, rawHeaders: readonly (readonly [string, string])[], body: Buffer): void => {
        const named = (name: string) =>
          rawHeaders.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
        resolve({
          method,
          target: target.startsWith(`${this.base}/`) ? target.slice(this.base.length) : target,
          sent: Object.entries(ask.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
          status,
          rawHeaders,
          body,
          interim,
          header: (name) => named(name)[0],
          headers: named,
        });
      };
      request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      request.on('information', ({ statusCode }) => {
        interim.push(statusCode);
        if (statusCode !== 100 || ask.stopAtContinue !== true) return;
        answered(100, [], Buffer.alloc(0));
        request.destroy();
      });
      request.on('error', fail);
      request.on('upgrade', (response, socket) => {
        answered(response.statusCode ?? 0, pairs(response.rawHeaders), Buffer.alloc(0));
        socket.destroy();
      });
      request.on('response', (response) => {
        const pieces: Buffer[] = [];
        let size = 0;
        response.on('data', (piece: Buffer) => {
          size += piece.length;
          if (size > MAX_BODY_BYTES) request.destroy(new Error(`more than ${MAX_BODY_BYTES} bytes came`));
          pieces.push(piece);
        });
        response.on('error', fail);
        response.on('end', () => {
          answered(response.statusCode ?? 0, pairs(response.rawHeaders), Buffer.concat(pieces));
          if (!request.writableEnded) request.destroy();
        });
      });
      writeBody(request, ask);
    });
  }

  #locate(target: string): { origin: string; path: string; isOurs: boolean } {
    const isPath = target.startsWith('/') || target === '' || target.startsWith('?');
    const whole = isPath ? this.base + target : target;
    const [, origin = '', path = ''] = /^(https?:\/\/[^/?#]+)([^#]*)/i.exec(whole) ?? [];
    if (origin === '') throw new Error(`${JSON.stringify(target)} is not an absolute http(s) URL`);
    const isOurs = origin.toLowerCase() === new URL(this.base).origin.toLowerCase();
    return { origin, path: path === '' || path.startsWith('?') ? `/${path}` : path, isOurs };
  }

  /** A token goes to the server it was given for and to no other. */
  #authorization({ as = 'reader' }: Ask, isOurs: boolean): Record<string, string> {
    const token = as === 'none' || !isOurs ? undefined : this.tokens[as];
    return token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }
}

class StaleConnection extends Error {}

function describe(error: Error, request: ClientRequest, method: string, target: string): Error {
  const code = 'code' in error ? error.code : undefined;
  if (request.reusedSocket && code === 'ECONNRESET') return new StaleConnection();
  return new Error(`${method} ${target}: ${error.message}`);
}

function lengthOf({ body, chunks, headers = {} }: Ask): Record<string, string> {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (chunks !== undefined) return { 'Transfer-Encoding': 'chunked' };
  if (body === undefined || names.includes('content-length')) return {};
  return { 'Content-Length': String(Buffer.byteLength(body)) };
}

function writeBody(request: ClientRequest, { body, chunks, breakAfterBytes, headers = {} }: Ask): void {
  const pieces = chunks ?? (body === undefined ? [] : [Buffer.from(body)]);
  if (breakAfterBytes !== undefined) {
    request.write(Buffer.concat(pieces).subarray(0, breakAfterBytes), () =>
      setTimeout(() => request.destroy(new Error('broken off on purpose')), 50),
    );
    return;
  }
  const send = (): void => {
    if (request.destroyed) return;
    for (const piece of pieces) request.write(piece);
    request.end();
  };
  const waits = Object.entries(headers).some(([name, value]) => /^expect$/i.test(name) && value === '100-continue');
  if (!waits) {
    send();
    return;
  }
  request.on('continue', send);
  request.flushHeaders();
}

const pairs = (flat: readonly string[]): (readonly [string, string])[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? ''] as const);
