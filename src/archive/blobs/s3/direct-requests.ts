/**
 * The two requests that are made for every instance, signed and sent by the parts of a client but past its middleware, which
 * takes longer than all else that is done for them here. What is not answered as it should be is for the client to ask
 * again: it knows what each answer means.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';

/** The header in which the bytes that are sent are signed. */
export const PAYLOAD_HASH = 'x-amz-content-sha256';

export interface ObjectAnswer {
  readonly body: Readable;
  /** The header Content-Range; undefined where the answer has none. */
  readonly contentRange: string | undefined;
  readonly lengthBytes: number;
}

interface ObjectRequest {
  readonly method: 'GET' | 'PUT';
  /** In the bucket. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Readable;
}

type Signer = Awaited<ReturnType<S3Client['config']['signer']>>;

/** Where the bucket is, and who signs what is sent there. */
interface Destination {
  readonly url: URL;
  readonly signer: Signer;
}

export class DirectRequests {
  readonly #client: S3Client;
  /** Learnt from what the client makes of its own requests; undefined before the first. */
  #destination: Promise<Destination | undefined> | undefined;

  constructor(client: S3Client) {
    this.#client = client;
    client.middlewareStack.add(
      (next, context) => (args) => {
        const { endpointV2, authSchemes: [scheme] = [] } = context;
        if (endpointV2 !== undefined && scheme?.name === 'sigv4') {
          const { url } = endpointV2;
          this.#destination ??= client.config.signer(scheme).then((signer) => ({ url, signer }));
        }
        return next(args);
      },
      { step: 'finalizeRequest', name: 'learnDestination' },
    );
  }

  /**
   * Get an object, or a range of it. Undefined when it was not given, for whatever reason.
   * @throws what a connection fails with
   */
  async get(key: string, range: string): Promise<ObjectAnswer | undefined> {
    const answer = await this.#send({ method: 'GET', key, headers: { range } });
    if (answer === undefined) return undefined;
    if (answer.statusCode === 200 || answer.statusCode === 206) {
      const { 'content-range': contentRange, 'content-length': length } = answer.headers;
      return { body: answer.body, contentRange, lengthBytes: Number(length ?? 0) };
    }
    passOver(answer.body);
    return undefined;
  }

  /**
   * Put all bytes of an object, which the server checks by their SHA-256. Whether it has taken them.
   * @throws what a connection fails with
   */
  async put(key: string, body: Buffer, sha256: string = sha256Of(body)): Promise<boolean> {
    const headers = {
      [PAYLOAD_HASH]: sha256,
      'content-type': 'application/octet-stream',
      'content-length': String(body.length),
    };
    const answer = await this.#send({ method: 'PUT', key, headers, body });
    if (answer === undefined) return false;
    passOver(answer.body);
    return answer.statusCode === 200;
  }

  async #send({ method, key, headers, body }: ObjectRequest): Promise<Answer | undefined> {
    const destination = await this.#destination;
    if (destination === undefined) return undefined;
    const { url, signer } = destination;
    const request = {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path: `${url.pathname.replace(/\/$/, '')}/${key.split('/').map(escaped).join('/')}`,
      query: {},
      headers: { host: url.host, ...headers },
      body,
    };
    const signed = await signer.sign(request);
    const { response } = await this.#client.config.requestHandler.handle(signed);
    if (!(response.body instanceof Readable)) throw new Error('An object store is not heard as a stream.');
    return response;
  }
}

/** Take what is left of an answer, after which the connection is free for others. */
const passOver = (body: Readable): void => void body.on('error', () => undefined).resume();

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** As signatures want it: also what `encodeURIComponent` leaves alone. */
const escaped = (step: string): string =>
  encodeURIComponent(step).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
