/**
 * The metadata of instances: pieces finished when they were stored, joined and given the URLs of this server. What a
 * series gives is kept in memory under its row and its numbers of instances and of removals, which tell of every change of
 * it.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { createInflateRaw, inflateRaw } from 'node:zlib';
import type { Database } from '../../database/database.js';
import { INSTANCE_URL_MARK } from '../../dicom/dicom-json.js';
import { goneMeanwhile } from '../../errors.js';
import type { LocatedInstance, LocatedSeries } from '../index/locate.js';

const inflate = promisify(inflateRaw);

/** Instances whose metadata is read from the index at once, and its bytes there: in the ordinary case, all of a series. */
const ROWS_AT_ONCE = 256;
const STORED_BYTES_AT_ONCE = 1024 * 1024;
/** Texts inflated side by side; a longer one is inflated by itself, piece by piece. */
const TEXTS_AT_ONCE = 16;
const SHORT_TEXT_BYTES = 128 * 1024;
/** Texts are joined to pieces of about so many bytes. */
const PIECE_BYTES = 256 * 1024;
const CACHE_BYTES = 24 * 1024 * 1024;
const LARGEST_CACHED_BYTES = 8 * 1024 * 1024;
const COMMA = Buffer.from(',');
const MARK = INSTANCE_URL_MARK.charCodeAt(0);

/** Gives the URL of an instance; it must be the same for the same instance as long as the process lives. */
export type InstanceURL = (
  path: Pick<LocatedInstance, 'studyInstanceUID' | 'seriesInstanceUID' | 'sopInstanceUID'>,
) => string;

/** The metadata of some instances, before the first of it is read. */
export interface Metadata {
  /** Stands for the stored files of all of them and the metadata that was made of each, in their order: hexadecimal. */
  readonly digest: string;
  /** Gives the text, in pieces. To be asked for at most once. */
  readonly read: () => AsyncGenerator<Buffer>;
}

interface CachedText {
  readonly text: Buffer;
  readonly digest: string;
}

export class MetadataReader {
  readonly #database: Database;
  readonly #cache = new Map<string, CachedText>();
  #cachedBytes = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The JSON objects of a series' instances, in order, with commas between; in as many pieces as come of it. */
  async ofSeries(
    series: LocatedSeries,
    instances: () => Promise<readonly LocatedInstance[]>,
    instanceURL: InstanceURL,
  ): Promise<Metadata> {
    const key = `${series.rowID}/${series.instanceCount}/${series.removals}`;
    const cached = this.#cache.get(key);
    if (cached !== undefined) {
      this.#cache.delete(key);
      this.#cache.set(key, cached);
      return { digest: cached.digest, read: () => inOnePiece(cached.text) };
    }
    const located = await instances();
    const digest = digestOf(located);
    const isWhole = located.length === series.instanceCount;
    const remember = (text: Buffer): void => this.#remember(key, { text, digest });
    return { digest, read: () => this.#kept(this.#textOf(located, instanceURL), isWhole ? remember : undefined) };
  }

  /** The JSON objects of these instances, in order, with commas between. */
  ofInstances(instances: readonly LocatedInstance[], instanceURL: InstanceURL): Metadata {
    return { digest: digestOf(instances), read: () => this.#textOf(instances, instanceURL) };
  }

  /** The pieces as they go by; a text that is not too long is remembered in the end. */
  async *#kept(text: AsyncGenerator<Buffer>, remember: ((text: Buffer) => void) | undefined): AsyncGenerator<Buffer> {
    let pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of text) {
      bytes += piece.length;
      if (bytes <= LARGEST_CACHED_BYTES) pieces.push(piece);
      else pieces = [];
      yield piece;
    }
    if (bytes <= LARGEST_CACHED_BYTES) remember?.(Buffer.concat(pieces, bytes));
  }

  async *#textOf(instances: readonly LocatedInstance[], instanceURL: InstanceURL): AsyncGenerator<Buffer> {
    let isFirst = true;
    let waiting: Buffer[] = [];
    let waitingBytes = 0;
    for await (const { instance, pieces } of this.#texts(instances)) {
      if (!isFirst) waiting.push(COMMA);
      isFirst = false;
      const url = Buffer.from(instanceURL(instance));
      for await (const piece of pieces) {
        waiting.push(...withURL(piece, url));
        waitingBytes += piece.length;
        if (waitingBytes < PIECE_BYTES) continue;
        yield Buffer.concat(waiting);
        waiting = [];
        waitingBytes = 0;
      }
    }
    yield Buffer.concat(waiting);
  }

  /** The JSON object of each of these instances, in order; to be read before the next is asked for. */
  async *ofEach(instances: readonly LocatedInstance[], instanceURL: InstanceURL): AsyncGenerator<InstanceText> {
    for await (const { instance, pieces } of this.#texts(instances)) {
      yield { instance, pieces: piecesWithURL(pieces, Buffer.from(instanceURL(instance))) };
    }
  }

  async *#texts(instances: readonly LocatedInstance[]): AsyncGenerator<InstanceText> {
    for await (const some of this.#groups(instances)) {
      const stored = await this.#read(some);
      for (let at = 0; at < some.length; at += TEXTS_AT_ONCE) {
        yield* await Promise.all(some.slice(at, at + TEXTS_AT_ONCE).map((instance) => textOf(instance, stored)));
      }
    }
  }

  /** The instances in groups whose metadata may be read at once, for it may be long of each. */
  async *#groups(instances: readonly LocatedInstance[]): AsyncGenerator<readonly LocatedInstance[]> {
    for (let at = 0; at < instances.length; at += ROWS_AT_ONCE) {
      const some = instances.slice(at, at + ROWS_AT_ONCE);
      const lengths = await this.#storedBytes(some);
      let from = 0;
      let bytes = 0;
      for (const [i, { rowID }] of some.entries()) {
        bytes += lengths.get(rowID) ?? 0;
        if (bytes <= STORED_BYTES_AT_ONCE || i === from) continue;
        yield some.slice(from, i);
        from = i;
        bytes = lengths.get(rowID) ?? 0;
      }
      yield some.slice(from);
    }
  }

  async #storedBytes(instances: readonly LocatedInstance[]): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#database.read
      .selectFrom('instance_content')
      .select(['instance_row_id', ({ fn }) => fn<number>('length', ['metadata']).as('bytes')])
      .where(this.#database.dialect.isAmong('instance_row_id', instances.map(rowIDOf)))
      .execute();
    return new Map(rows.map((row) => [row.instance_row_id, row.bytes]));
  }

  async #read(instances: readonly LocatedInstance[]): Promise<ReadonlyMap<number, Buffer>> {
    const rows = await this.#database.read
      .selectFrom('instance_content')
      .select(['instance_row_id', 'metadata'])
      .where(this.#database.dialect.isAmong('instance_row_id', instances.map(rowIDOf)))
      .execute();
    return new Map(rows.map((row) => [row.instance_row_id, row.metadata]));
  }

  #remember(key: string, cached: CachedText): void {
    // Who asked at the same time may have been first.
    this.#cachedBytes += cached.text.length - (this.#cache.get(key)?.text.length ?? 0);
    this.#cache.set(key, cached);
    for (const [oldest, { text }] of this.#cache) {
      if (this.#cachedBytes <= CACHE_BYTES) break;
      this.#cache.delete(oldest);
      this.#cachedBytes -= text.length;
    }
  }
}

async function* inOnePiece(text: Buffer): AsyncGenerator<Buffer> {
  yield text;
}

function digestOf(instances: readonly LocatedInstance[]): string {
  const hash = createHash('sha256');
  for (const { sha256, metadataCRC32 } of instances) hash.update(`${sha256} ${metadataCRC32} `);
  return hash.digest('hex');
}

/** The metadata of one instance, in pieces. */
export interface InstanceText {
  readonly instance: LocatedInstance;
  readonly pieces: AsyncIterable<Buffer> | Iterable<Buffer>;
}

const rowIDOf = ({ rowID }: LocatedInstance): number => rowID;

/** A text that turns out to be long is begun again: how long it is nobody knows before. */
async function textOf(instance: LocatedInstance, stored: ReadonlyMap<number, Buffer>): Promise<InstanceText> {
  const deflated = stored.get(instance.rowID);
  if (deflated === undefined) throw goneMeanwhile();
  try {
    return { instance, pieces: [await inflate(deflated, { maxOutputLength: SHORT_TEXT_BYTES })] };
  } catch (error) {
    if (!isTooLong(error)) throw error;
    return { instance, pieces: inflatedPieces(deflated) };
  }
}

const isTooLong = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';

async function* inflatedPieces(deflated: Buffer): AsyncGenerator<Buffer> {
  const inflating = createInflateRaw({ chunkSize: SHORT_TEXT_BYTES });
  inflating.end(deflated);
  for await (const piece of inflating) yield piece;
}

async function* piecesWithURL(pieces: InstanceText['pieces'], url: Buffer): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield* withURL(piece, url);
}

/** The text with the instance's URL where the mark stands. */
function withURL(text: Buffer, url: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK, from)) {
    pieces.push(text.subarray(from, at), url);
    from = at + 1;
  }
  pieces.push(text.subarray(from));
  return pieces;
}
