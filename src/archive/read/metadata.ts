/**
 * The metadata of instances: pieces finished when they were stored, joined and given the URLs of this server. What a
 * series gives is kept in memory under its row and its number of instances, for stored instances never change.
 */
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { Database } from '../../database/database.js';
import { INSTANCE_URL_MARK } from '../../dicom/dicom-json.js';
import type { LocatedInstance, LocatedSeries } from '../index/locate.js';

const inflate = promisify(inflateRaw);

/** Instances whose metadata is read from the index at once. */
const ROWS_AT_ONCE = 64;
const CACHE_BYTES = 24 * 1024 * 1024;
const LARGEST_CACHED_BYTES = 8 * 1024 * 1024;
const COMMA = Buffer.from(',');
const MARK = INSTANCE_URL_MARK.charCodeAt(0);

/** Gives the URL of an instance; it must be the same for the same instance as long as the process lives. */
export type InstanceURL = (
  path: Pick<LocatedInstance, 'studyInstanceUID' | 'seriesInstanceUID' | 'sopInstanceUID'>,
) => string;

export class MetadataReader {
  readonly #database: Database;
  readonly #cache = new Map<string, Buffer>();
  #cachedBytes = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The JSON objects of a series' instances, in order, with commas between; in as many pieces as come of it. */
  async *ofSeries(
    series: LocatedSeries,
    instances: () => Promise<readonly LocatedInstance[]>,
    instanceURL: InstanceURL,
  ): AsyncGenerator<Buffer> {
    const key = `${series.rowID}/${series.instanceCount}`;
    const cached = this.#cache.get(key);
    if (cached !== undefined) {
      this.#cache.delete(key);
      this.#cache.set(key, cached);
      yield cached;
      return;
    }
    const located = await instances();
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of this.ofInstances(located, instanceURL)) {
      bytes += piece.length;
      if (bytes <= LARGEST_CACHED_BYTES) pieces.push(piece);
      yield piece;
    }
    const isWhole = bytes <= LARGEST_CACHED_BYTES && located.length === series.instanceCount;
    if (isWhole) this.#remember(key, Buffer.concat(pieces, bytes));
  }

  /** The JSON objects of these instances, in order, with commas between. */
  async *ofInstances(instances: readonly LocatedInstance[], instanceURL: InstanceURL): AsyncGenerator<Buffer> {
    for (let at = 0; at < instances.length; at += ROWS_AT_ONCE) {
      const some = instances.slice(at, at + ROWS_AT_ONCE);
      const texts = await this.#read(some);
      const pieces = some.flatMap((instance, i) => {
        const text = texts.get(instance.rowID);
        if (text === undefined) throw new Error('An indexed instance has metadata.');
        const located = withURL(text, instanceURL(instance));
        return at + i === 0 ? located : [COMMA, ...located];
      });
      yield Buffer.concat(pieces);
    }
  }

  async #read(instances: readonly LocatedInstance[]): Promise<ReadonlyMap<number, Buffer>> {
    const rows = await this.#database.read
      .selectFrom('instance_content')
      .select(['instance_row_id', 'metadata'])
      .where(
        'instance_row_id',
        'in',
        instances.map(({ rowID }) => rowID),
      )
      .execute();
    const texts = await Promise.all(rows.map(({ metadata }) => inflate(metadata)));
    return new Map(rows.map((row, i) => [row.instance_row_id, texts[i] ?? Buffer.alloc(0)]));
  }

  #remember(key: string, text: Buffer): void {
    this.#cache.set(key, text);
    this.#cachedBytes += text.length;
    for (const [oldest, { length }] of this.#cache) {
      if (this.#cachedBytes <= CACHE_BYTES) break;
      this.#cache.delete(oldest);
      this.#cachedBytes -= length;
    }
  }
}

/** The text with the instance's URL where the mark stands. */
function withURL(text: Buffer, url: string): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK, from)) {
    pieces.push(text.subarray(from, at), Buffer.from(url));
    from = at + 1;
  }
  pieces.push(text.subarray(from));
  return pieces;
}
