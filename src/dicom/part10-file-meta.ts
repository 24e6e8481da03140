/** The front of a Part 10 file: preamble, prefix and File Meta Information, always Explicit VR Little Endian. PS3.10 §7.1 */
import { TAG } from './attributes.js';
import { type DataSet, findBytes } from './data-set.js';
import { DataSetParser } from './data-set-parser.js';
import { cannotUnderstand, FAILURE_REASON, InvalidInstance } from './failure-reasons.js';
import type { ArrivingBytes } from './part10-bytes.js';
import { type Encoding, findElementHead, findSpelledVR, peekTag } from './part10-element-head.js';
import type { Part10Tally } from './part10-limits.js';
import { findTransferSyntax, type TransferSyntax } from './transfer-syntaxes.js';

/** What the reader puts up with in the front of a file; whoever reads judges whether he does too. */
export type Part10Deviation = 'no-preamble' | 'no-group-length';

export interface Part10Front {
  /** The 128 bytes before the prefix; undefined when there are none. */
  readonly preamble: Buffer | undefined;
  readonly deviations: readonly Part10Deviation[];
  /** Without its group length. */
  readonly fileMeta: DataSet;
  readonly transferSyntax: TransferSyntax;
  /** Offset of the first byte after the File Meta Information. */
  readonly dataSetOffset: number;
}

const PREAMBLE_BYTES = 128;
const PREFIX = 'DICM';
const FILE_META_GROUP = 0x0002;
const GROUP_LENGTH_BYTES = 12;
const LONGEST_UID = 64;
const EXPLICIT_LITTLE_ENDIAN: Encoding = { vr: 'explicit', byteOrder: 'little' };

const notPart10 = (): InvalidInstance => cannotUnderstand('The bytes are not a DICOM Part 10 file.');

/** @throws InvalidInstance C000H when the Transfer Syntax UID is missing, C122H when it is none that can be read */
function transferSyntaxOf(fileMeta: DataSet): TransferSyntax {
  const bytes = findBytes(fileMeta, TAG.TransferSyntaxUID);
  if (bytes === undefined || bytes.length === 0) {
    throw cannotUnderstand('The File Meta Information has no Transfer Syntax UID.');
  }
  const text = bytes.toString('latin1', 0, LONGEST_UID + 1);
  const isPadded = text.endsWith('\0') || text.endsWith(' ');
  const transferSyntax = findTransferSyntax(isPadded ? text.slice(0, -1) : text);
  if (transferSyntax !== undefined) return transferSyntax;
  throw new InvalidInstance(FAILURE_REASON.transferSyntaxNotSupported, 'The Transfer Syntax is not supported.');
}

/** Reads the front of a file while it arrives. */
export class FileMetaReader {
  readonly #bytes: ArrivingBytes;
  readonly #tally: Part10Tally;
  readonly #deviations: Part10Deviation[] = [];
  #preamble: Buffer | undefined;
  #isPastPreamble = false;
  #endOffset: number | undefined;
  #parser: DataSetParser | undefined;

  constructor(bytes: ArrivingBytes, tally: Part10Tally) {
    this.#bytes = bytes;
    this.#tally = tally;
  }

  /**
   * Read what has arrived; undefined until the whole front has been read, and no byte more.
   * @throws InvalidInstance C000H when this is no Part 10 file or its File Meta Information is none, A700H when it is too
   * large, C122H when the Transfer Syntax is unknown
   */
  advance(): Part10Front | undefined {
    if (!this.#isPastPreamble && !this.#readPreamble()) return undefined;
    this.#parser ??= this.#findParser();
    if (this.#parser?.advance() !== true) return undefined;
    const { offset } = this.#bytes;
    if (this.#endOffset !== undefined && this.#endOffset !== offset) {
      throw cannotUnderstand('The File Meta Information ends before its group length says.');
    }
    const fileMeta = this.#parser.dataSet;
    const transferSyntax = transferSyntaxOf(fileMeta);
    const deviations = this.#deviations;
    return { preamble: this.#preamble, deviations, fileMeta, transferSyntax, dataSetOffset: offset };
  }

  /** Say that no more bytes come. @throws InvalidInstance C000H, for the front is not complete */
  end(): never {
    throw this.#isPastPreamble ? cannotUnderstand('The file ends inside the File Meta Information.') : notPart10();
  }

  #readPreamble(): boolean {
    const bytes = this.#bytes;
    if (!bytes.has(PREAMBLE_BYTES + PREFIX.length)) return false;
    if (bytes.ascii(PREAMBLE_BYTES, PREFIX.length) === PREFIX) {
      this.#preamble = bytes.take(PREAMBLE_BYTES);
      bytes.skip(PREFIX.length);
    } else {
      this.#deviations.push('no-preamble');
      if (bytes.ascii(0, PREFIX.length) === PREFIX) bytes.skip(PREFIX.length);
      else if (bytes.uint16(0, 'little') !== FILE_META_GROUP || findSpelledVR(bytes) === undefined) throw notPart10();
    }
    this.#isPastPreamble = true;
    return true;
  }

  #findParser(): DataSetParser | undefined {
    const bytes = this.#bytes;
    if (!bytes.has(GROUP_LENGTH_BYTES)) return undefined;
    const tag = peekTag(bytes, 'little');
    if (tag >>> 16 !== FILE_META_GROUP) throw cannotUnderstand('The file has no File Meta Information.');
    if (tag === TAG.FileMetaInformationGroupLength) this.#endOffset = this.#readGroupLength();
    else this.#deviations.push('no-group-length');
    return new DataSetParser({
      bytes,
      encoding: EXPLICIT_LITTLE_ENDIAN,
      tally: this.#tally,
      kind: 'file meta',
      name: 'the File Meta Information',
      mostBytes: this.#tally.limits.fileMetaBytes,
      ...(this.#endOffset === undefined ? {} : { endOffset: this.#endOffset }),
    });
  }

  /** Offset of the end of the group. */
  #readGroupLength(): number {
    const head = findElementHead(this.#bytes, EXPLICIT_LITTLE_ENDIAN);
    if (head?.vr !== 'UL' || head.lengthBytes !== 4) {
      throw cannotUnderstand('The group length of the File Meta Information is not one number of VR UL.');
    }
    this.#tally.countElement();
    const groupLength = this.#bytes.uint32(head.headBytes, 'little');
    this.#bytes.skip(GROUP_LENGTH_BYTES);
    return this.#bytes.offset + groupLength;
  }
}
