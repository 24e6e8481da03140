/** The bucket of an archive, and the connections to it. */
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { DirectRequests } from './direct-requests.js';
import { Gate, letThrough } from './gate.js';
import { IDLE_MS, noRetries, patientRetries } from './patience.js';
import type { S3Place } from './place.js';

const CONNECT_MS = 4_000;
/** A server that copies a gigabyte says nothing meanwhile. */
const SILENT_WORK_MS = 900_000;
const CONNECTIONS = 64;
/** Each blob that is being read holds one for as long as it is. Whoever finds none free for a while is told so. */
const READING_CONNECTIONS = 256;
const WORKING_CONNECTIONS = 16;

/** What these do is for other stores, or for people who watch; it takes a third of the time of a small request. */
const NEEDLESS = [
  'addExpectContinueMiddleware',
  'getUserAgentMiddleware',
  'loggerMiddleware',
  'recursionDetectionMiddleware',
  'regionRedirectMiddleware',
  's3ExpressMiddleware',
];

const silent = (): undefined => undefined;
const SILENT_LOG = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** Nothing, a step to itself or to the one above, and what is no character are no part of a key. */
const STEP = /^(?!\.{1,2}$)[^/\p{Cc}]+$/u;

export class S3Bucket {
  readonly name: string;
  /** For what is answered at once. What may be repeated is. */
  readonly client: S3Client;
  /** Puts objects over the connections of `client`. What it is asked for passes the gate as what `client` is asked for does. */
  readonly direct: DirectRequests;
  readonly gate = new Gate(CONNECTIONS);
  /** For reading: repeated by the reader, who knows how far he has come. */
  readonly reading: S3Client;
  /** Gets objects over the connections of `reading`. */
  readonly directReading: DirectRequests;
  /** For what the server does at length and in silence. */
  readonly working: S3Client;
  readonly #prefix: string;

  constructor(place: S3Place) {
    this.name = place.bucket;
    this.#prefix = place.prefix;
    this.client = clientOf(place, { connections: CONNECTIONS, idleMs: IDLE_MS });
    letThrough(this.gate, this.client);
    this.direct = new DirectRequests(this.client);
    const { credentials } = this.client.config;
    this.reading = clientOf(
      place,
      { connections: READING_CONNECTIONS, idleMs: IDLE_MS },
      { credentials, retryStrategy: noRetries },
    );
    this.directReading = new DirectRequests(this.reading);
    this.working = clientOf(place, { connections: WORKING_CONNECTIONS, idleMs: SILENT_WORK_MS }, { credentials });
    letThrough(new Gate(WORKING_CONNECTIONS), this.working);
  }

  /** The key in the bucket of a key of the archive, which must stay below the prefix. */
  keyOf(key: string): string {
    if (!key.split('/').every((step) => STEP.test(step))) throw new Error('A blob key leads out of the store.');
    return this.#prefix + key;
  }

  /** What the keys in the bucket of all below a folder of the archive begin with; of all there are when none is given. */
  prefixOf(folder?: string): string {
    return folder === undefined ? this.#prefix : `${this.keyOf(folder.replace(/\/$/, ''))}/`;
  }

  /** The key of the archive of a key in the bucket. */
  withoutPrefix(key: string): string {
    return key.slice(this.#prefix.length);
  }

  close(): void {
    for (const client of [this.client, this.reading, this.working]) client.destroy();
  }
}

interface Sockets {
  readonly connections: number;
  /** How long nothing may move on one. */
  readonly idleMs: number;
}

function clientOf(place: S3Place, { connections, idleMs }: Sockets, more: S3ClientConfig = {}): S3Client {
  const agent = { keepAlive: true, maxSockets: connections };
  const client = new S3Client({
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
    ...(place.region === undefined ? {} : { region: place.region }),
    forcePathStyle: place.isPathStyle,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: idleMs,
      httpAgent: agent,
      httpsAgent: agent,
      logger: SILENT_LOG,
    },
    // Bytes that are sent are signed by their SHA-256, and what is read is checked by whoever reads it.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    retryStrategy: patientRetries,
    // Not read, but looked for in files when it is not given.
    maxAttempts: 1,
    logger: SILENT_LOG,
    ...more,
  });
  for (const name of NEEDLESS) client.middlewareStack.remove(name);
  return client;
}
