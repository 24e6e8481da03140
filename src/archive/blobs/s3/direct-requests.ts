/**
 * The two requests that are made for every instance, signed and sent by the parts of a client but past its middleware, which
 * takes longer than all else that is done for them here. What is refused is for the client to ask again: it knows what each
 * refusal means.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { failureOfAnswer, isPassingStatus } from './errors.js';

/** The header in which the bytes that are sent are signed. */
export const PAYLOAD_HASH = 'x-amz-content-sha256';

/** What a store says of a failure is no longer. */
const TEXT_CHARACTERS = 4_096;

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

type HandlerContext = Parameters<Parameters<S3Client['middlewareStack']['add']>[0]>[1];
type Signer = Awaited<ReturnType<S3Client['config']['signer']>>;

/** Where the bucket is, and who signs what is sent there. */
interface Destination {
  readonly url: URL;
  readonly signer: Signer;
}

export class DirectRequests {
  readonly #client: S3Client;
  /** Learnt from what the client makes of its own requests; undefined before the first. */
  #destination: Destination | undefined;

  constructor(client: S3Client) {
    this.#client = client;
    client.middlewareStack.add(
      (next, context) => async (args) => {
        this.#destination ??= await this.#findDestination(context);
        return next(args);
      },
      { step: 'finalizeRequest', name: 'learnDestination' },
    );
  }

  /**
   * Get a range of an object. Undefined when the client is to be asked for it.
   * @throws what a connection fails with, and what the store can not do now
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
   * Put all bytes of an object, which the server checks by their SHA-256. False when the client is to be asked to.
   * @throws what a connection fails with, and what the store can not do now
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
    return answer.statusCode >= 200 && answer.statusCode < 300;
  }

  async #findDestination({ endpointV2, authSchemes: [scheme] = [] }: HandlerContext): Promise<Destination | undefined> {
    if (endpointV2 === undefined || scheme?.name !== 'sigv4') return undefined;
    return { url: endpointV2.url, signer: await this.#client.config.signer(scheme) };
  }

  async #send({ method, key, headers, body }: ObjectRequest): Promise<Answer | undefined> {
    if (this.#destination === undefined) return undefined;
    const { url, signer } = this.#destination;
    const { requestHandler, systemClockOffset } = this.#client.config;
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
    const signed = await signer.sign(request, { signingDate: new Date(Date.now() + systemClockOffset) });
    const { response } = await requestHandler.handle(signed);
    if (!(response.body instanceof Readable)) throw new Error('An object store is not heard as a stream.');
    if (!isPassingStatus(response.statusCode)) return response;
    throw failureOfAnswer(response.statusCode, await startOf(response.body));
  }
}

/** Take what is left of an answer, after which the connection is free for others. */
const passOver = (body: Readable): void => void body.on('error', () => undefined).resume();

/** The first of what an answer says, as text. */
async function startOf(body: Readable): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length >= TEXT_CHARACTERS) break;
  }
  return text;
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** As signatures want it: also what `encodeURIComponent` leaves alone. */
const escaped = (step: string): string =>
  encodeURIComponent(step).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
