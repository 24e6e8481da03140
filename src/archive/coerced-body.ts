/**
 * An instance on its way in from a site whose instances are to have certain values: its header is held until it is whole,
 * set right, and passed on; all that follows passes as it comes. Whoever receives the bytes reads, digests and describes the
 * instance as it is kept, and need not know. An instance that has the values already passes byte for byte.
 */
import { createHash, type Hash } from 'node:crypto';
import { type CoercedAttribute, coerceHeader, differing } from '../dicom/coerce-header.js';
import { deflateDataSet } from '../dicom/deflate-data-set.js';
import { InvalidInstance } from '../dicom/failure-reasons.js';
import { type ElementPlace, HeaderBytes } from '../dicom/header-elements.js';
import { inflateDataSet } from '../dicom/inflate-data-set.js';
import { PART10_LIMITS } from '../dicom/part10-limits.js';
import { type Part10Header, Part10Reader } from '../dicom/part10-reader.js';
import { sentIdentity } from './admission.js';
import { ChunkReader } from './chunk-reader.js';
import { coercionOf } from './coercion.js';
import type { HeaderBudget, HeaderShare } from './header-budget.js';
import { HeldBack } from './held-back.js';
import { RefusedInstance } from './store-outcome.js';

export interface CoercedBodyOptions {
  readonly attributes: readonly CoercedAttribute[];
  /** When they are set, as the instance tells. */
  readonly now: Date;
  readonly headers: HeaderBudget;
}

/** Modifying System (0400,0563). */
const MODIFYING_SYSTEM = 'NCCID';

/** Nothing behind the header is read here. */
const HEADER_IS_READ = new Error('The header has been read.');

export class CoercedBody {
  readonly #body: AsyncIterable<Buffer>;
  readonly #options: CoercedBodyOptions;
  readonly #share: HeaderShare;
  readonly #places: ElementPlace[] = [];
  #sha256AsSent: string | undefined;

  constructor(body: AsyncIterable<Buffer>, options: CoercedBodyOptions) {
    this.#body = body;
    this.#options = options;
    this.#share = options.headers.share();
  }

  /**
   * SHA-256 of the file as the archive would have kept it without these attributes; undefined where that is the file itself.
   * To be asked when the last byte has passed.
   */
  get sha256AsSent(): string | undefined {
    return this.#sha256AsSent;
  }

  /** The bytes as they are to be kept; to be asked for once. @throws InvalidInstance, and whatever the body throws */
  async *bytes(): AsyncGenerator<Buffer> {
    const coming = this.#body[Symbol.asyncIterator]();
    const held = new HeldBack();
    try {
      const header = await this.#readHeader(coming, held);
      yield* this.#pass(header, chainOf(held.take(), { [Symbol.asyncIterator]: () => coming }));
    } finally {
      this.#share.shrinkTo(0);
      await coming.return?.();
    }
  }

  async #readHeader(coming: AsyncIterator<Buffer>, held: HeldBack): Promise<Part10Header> {
    const reader = new Part10Reader({
      openPixelData: () => {
        throw HEADER_IS_READ;
      },
      holdHeaderBytes: (bytes) => this.#share.grow(bytes),
      tellElement: (tag, offset) => this.#places.push({ tag, offset }),
    });
    try {
      while (reader.header === undefined) {
        const next = await coming.next();
        if (next.done === true) await reader.end();
        else {
          held.add(next.value);
          await reader.write(next.value);
        }
      }
      return reader.header;
    } catch (error) {
      // What follows the header is for whoever receives the bytes to judge.
      if (reader.header === undefined) throw error;
      return reader.header;
    } finally {
      reader.destroy();
    }
  }

  async *#pass(header: Part10Header, file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const attributes = differing(header.dataSet, this.#options.attributes);
    if (attributes.length === 0) {
      yield* file;
      return;
    }
    try {
      yield* this.#coerce(header, attributes, new ChunkReader(file));
    } catch (error) {
      throw error instanceof InvalidInstance ? new RefusedInstance(sentIdentity(header.dataSet), error) : error;
    }
  }

  async *#coerce(
    header: Part10Header,
    attributes: readonly CoercedAttribute[],
    file: ChunkReader,
  ): AsyncGenerator<Buffer> {
    const isDeflated = header.transferSyntax.deflated;
    const fileStart = await file.take(header.dataSetOffset);
    const asSent = createHash('sha256').update(coercionOf(header)?.fileStart ?? fileStart);
    yield fileStart;
    const received = digesting(file.rest(), asSent);
    const dataSet = new ChunkReader(isDeflated ? inflateDataSet(received, PART10_LIMITS) : received);
    try {
      const start = this.#coerceHeader(header, attributes, await dataSet.take(this.#headerBytesOf(header)));
      const coerced = chainOf(start, dataSet.rest());
      yield* isDeflated ? deflateDataSet(coerced) : coerced;
    } finally {
      await dataSet.close();
    }
    this.#sha256AsSent = asSent.digest('hex');
  }

  /** How many bytes of the data set, inflated, come before Pixel Data, which is told last; all of them where there is none. */
  #headerBytesOf({ pixelData, dataSetOffset }: Part10Header): number {
    const end = this.#places.at(-1)?.offset ?? 0;
    return pixelData === undefined ? Number.POSITIVE_INFINITY : end - dataSetOffset;
  }

  #coerceHeader(header: Part10Header, attributes: readonly CoercedAttribute[], bytes: Buffer): readonly Buffer[] {
    const { dataSet, dataSetOffset: startOffset, transferSyntax: encoding } = header;
    const places = this.#places;
    return coerceHeader(
      {
        bytes: new HeaderBytes({ bytes, places, startOffset, encoding }),
        dataSet,
        modifiedAt: this.#options.now,
        modifyingSystem: MODIFYING_SYSTEM,
      },
      attributes,
    );
  }
}

/** What has come, and then what comes. */
async function* chainOf(come: readonly Buffer[], coming: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* come;
  yield* coming;
}

async function* digesting(chunks: AsyncIterable<Buffer>, digest: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    digest.update(chunk);
    yield chunk;
  }
}
