/**
 * Reads a DICOM Part 10 file as a stream, in any chunks: the header is kept, Pixel Data is handed on, what follows it is
 * kept again. This is the front door for files nobody has looked at yet: memory, time, depth and counts are bounded, and
 * a file that two readers might read differently is refused. What values mean is judged elsewhere. PS3.10 §7, PS3.5
 */
import type { DataSet, Tag } from './data-set.js';
import { DataSetParser } from './data-set-parser.js';
import { cannotUnderstand, doesNotMatch } from './failure-reasons.js';
import { DataSetInflater } from './inflate-data-set.js';
import { ArrivingBytes } from './part10-bytes.js';
import { findElementHead } from './part10-element-head.js';
import { FileMetaReader, type Part10Front } from './part10-file-meta.js';
import { PART10_LIMITS, type Part10Limits, Part10Tally } from './part10-limits.js';
import { describePixelData, PixelDataReader } from './part10-pixel-data.js';
import type { PixelDataElement, PixelDataSink } from './pixel-data.js';

export type { Part10Deviation } from './part10-file-meta.js';
export { PART10_LIMITS, type Part10Limits } from './part10-limits.js';

export interface Part10Header extends Part10Front {
  /** Everything before Pixel Data; group lengths are left out. */
  readonly dataSet: DataSet;
  readonly pixelData: PixelDataElement | undefined;
}

export interface Part10ReaderOptions {
  /** Called once when the header has been read and Pixel Data begins; it may throw to refuse the instance. */
  readonly openPixelData: (header: Part10Header) => PixelDataSink;
  /**
   * Told how many more bytes have come, of the file and of what is inflated of it, and the header is still not whole: as
   * many may be held in memory. It may throw to refuse the instance.
   */
  readonly holdHeaderBytes?: ((lengthBytes: number) => void) | undefined;
  /** Told where each Data Element of the data set itself begins, up to Pixel Data and that too; group lengths as well. */
  readonly tellElement?: ((tag: Tag, offset: number) => void) | undefined;
  readonly limits?: Partial<Part10Limits>;
}

/** One stretch of the file. */
interface Stage {
  /** Read what has arrived: the next stage, or undefined while this one waits for bytes. */
  advance(): Stage | undefined;
  /** No more bytes come. Throws when the file may not end here. */
  end(): void;
}

export class Part10Reader {
  readonly #openPixelData: (header: Part10Header) => PixelDataSink;
  readonly #holdHeaderBytes: ((lengthBytes: number) => void) | undefined;
  readonly #tellElement: ((tag: Tag, offset: number) => void) | undefined;
  readonly #tally: Part10Tally;
  readonly #fileBytes = new ArrivingBytes();
  #stage: Stage;
  #inflater: DataSetInflater | undefined;
  #header: Part10Header | undefined;
  #trailer: DataSet | undefined;
  /** What went wrong first; whoever goes on nevertheless is told again. */
  #failure: { readonly error: unknown } | undefined;

  constructor({ openPixelData, holdHeaderBytes, tellElement, limits }: Part10ReaderOptions) {
    this.#openPixelData = openPixelData;
    this.#holdHeaderBytes = holdHeaderBytes;
    this.#tellElement = tellElement;
    this.#tally = new Part10Tally({ ...PART10_LIMITS, ...limits });
    this.#stage = this.#frontStage();
  }

  /** Set as soon as Pixel Data begins, or by `end` when there is none. */
  get header(): Part10Header | undefined {
    return this.#header;
  }

  /** The elements after Pixel Data, group lengths left out; set by `end`. */
  get trailer(): DataSet | undefined {
    return this.#trailer;
  }

  /**
   * Read the next bytes of the file. A promise is given only for deflated data sets, and must have settled before the
   * next call; then, or at once without one, the memory of `chunk` is the caller's again.
   * @throws InvalidInstance C000H for what can not be understood, A700H beyond a limit, C122H for an unknown transfer
   * syntax, A900H when Pixel Data contradicts it; and whatever the sink throws
   */
  write(chunk: Buffer): void | Promise<void> {
    this.#expectNoFailure();
    this.#fileBytes.write(chunk);
    try {
      if (this.#inflater === undefined) this.#advance();
      this.#hold(chunk);
    } catch (error) {
      throw this.#fail(error);
    }
    if (this.#inflater !== undefined) return this.#inflate(this.#inflater);
  }

  /** Say that all bytes were given. @throws InvalidInstance as `write`, and C000H when the file is truncated */
  async end(): Promise<void> {
    this.#expectNoFailure();
    try {
      await this.#inflater?.end();
      this.#stage.end();
    } catch (error) {
      throw this.#fail(error);
    }
    this.destroy();
  }

  /** Free what a reader given up half way holds outside of memory. */
  destroy(): void {
    this.#inflater?.destroy();
  }

  #hold(chunk: Buffer): void {
    if (this.#header === undefined) this.#holdHeaderBytes?.(chunk.length);
  }

  #advance(): void {
    for (let next = this.#stage.advance(); next !== undefined; next = this.#stage.advance()) this.#stage = next;
  }

  async #inflate(inflater: DataSetInflater): Promise<void> {
    const bytes = this.#fileBytes;
    try {
      while (bytes.available > 0) await inflater.write(bytes.pass(bytes.available));
    } catch (error) {
      throw this.#fail(error);
    }
  }

  #frontStage(): Stage {
    const reader = new FileMetaReader(this.#fileBytes, this.#tally);
    return {
      advance: () => {
        const front = reader.advance();
        return front && this.#headerStage(front, this.#openDataSet(front));
      },
      end: () => reader.end(),
    };
  }

  /** Where the bytes of the data set come from: the file itself, or the inflater. */
  #openDataSet({ transferSyntax, dataSetOffset }: Part10Front): ArrivingBytes {
    if (!transferSyntax.deflated) return this.#fileBytes;
    const inflated = new ArrivingBytes(dataSetOffset);
    const take = (chunk: Buffer): void => {
      inflated.write(chunk);
      this.#advance();
      this.#hold(chunk);
    };
    this.#inflater = new DataSetInflater({ limits: this.#tally.limits, take });
    return inflated;
  }

  #headerStage(front: Part10Front, bytes: ArrivingBytes): Stage {
    const parser = this.#parserOf(front, bytes, 'the data set', this.#tally.limits.headerBytes, this.#tellElement);
    return {
      advance: () => {
        if (!parser.advance()) return undefined;
        const head = findElementHead(bytes, front.transferSyntax);
        if (head === undefined) return undefined;
        const pixelData = describePixelData(head, bytes.offset, front.transferSyntax);
        this.#tellElement?.(head.tag, bytes.offset);
        bytes.skip(head.headBytes);
        this.#tally.countElement();
        this.#header = { ...front, dataSet: parser.dataSet, pixelData };
        return this.#pixelDataStage(this.#header, pixelData, bytes);
      },
      end: () => {
        parser.end();
        this.#header = { ...front, dataSet: parser.dataSet, pixelData: undefined };
        this.#trailer = { elements: [], byteOrder: parser.dataSet.byteOrder };
      },
    };
  }

  #pixelDataStage(header: Part10Header, pixelData: PixelDataElement, bytes: ArrivingBytes): Stage {
    const reader = new PixelDataReader(bytes, pixelData, this.#openPixelData(header));
    return {
      advance: () => (reader.advance() ? this.#trailerStage(header, pixelData, bytes) : undefined),
      end: () => {
        throw cannotUnderstand('The file ends inside Pixel Data.');
      },
    };
  }

  #trailerStage(header: Part10Header, pixelData: PixelDataElement, bytes: ArrivingBytes): Stage {
    const parser = this.#parserOf(header, bytes, 'what follows Pixel Data', this.#tally.limits.trailerBytes);
    return {
      advance: () => {
        if (parser.advance()) throw doesNotMatch('The instance has more than one Pixel Data element.');
        return undefined;
      },
      end: () => {
        parser.end();
        const [first] = parser.dataSet.elements;
        if (first !== undefined && first.tag <= pixelData.tag) {
          throw cannotUnderstand('A Data Element follows Pixel Data, though its tag is a lower one.');
        }
        this.#trailer = parser.dataSet;
      },
    };
  }

  #parserOf(
    { transferSyntax }: Part10Front,
    bytes: ArrivingBytes,
    name: string,
    mostBytes: number,
    tellElement?: (tag: Tag, offset: number) => void,
  ): DataSetParser {
    return new DataSetParser({
      bytes,
      encoding: transferSyntax,
      tally: this.#tally,
      kind: 'data set',
      name,
      mostBytes,
      tellElement,
    });
  }

  #expectNoFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #fail(error: unknown): unknown {
    this.#failure ??= { error };
    this.destroy();
    return error;
  }
}
