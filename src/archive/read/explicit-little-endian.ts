/**
 * A stored file as Explicit VR Little Endian, for what needs no codec: Implicit VR, Big Endian, Deflated. It is read,
 * rewritten and sent in one pass; nothing is held but the header. PS3.18 §8.7.3.4
 */
import { TAG } from '../../dicom/attributes.js';
import type { DataSet } from '../../dicom/data-set.js';
import { encodeElementHeader, encodeExplicitVRLittleEndian, encodeFileMeta } from '../../dicom/data-set-writer.js';
import { type Part10Header, Part10Reader } from '../../dicom/part10-reader.js';
import type { PixelDataSink } from '../../dicom/pixel-data.js';
import { StreamedSwap, swapUnitBytes } from '../../dicom/swap-bytes.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '../../dicom/transfer-syntaxes.js';
import { readNumber } from '../../dicom/values.js';
import { ArchiveError } from '../../errors.js';
import type { LocatedInstance } from '../index/locate.js';
import type { StoredFile } from './stored-file.js';

/** Whether the instance can be given as Explicit VR Little Endian without decoding pixels. */
export function isNative(transferSyntaxUID: string): boolean {
  const syntax = findTransferSyntax(transferSyntaxUID);
  return syntax !== undefined && !syntax.encapsulated;
}

/** Rewrite a native file. @throws ArchiveError `corrupt` */
export async function* asExplicitLittleEndian(file: StoredFile): AsyncGenerator<Buffer> {
  const conversion = new Conversion(file.instance);
  const reader = new Part10Reader({ openPixelData: (header) => conversion.openPixelData(header) });
  try {
    for await (const chunk of file.bytes()) {
      await reader.write(chunk);
      yield* conversion.take();
    }
    await reader.end();
    if (reader.header !== undefined) conversion.finish(reader.header, reader.trailer);
    yield* conversion.take();
  } catch (error) {
    // Damage may make the reader fail in any way before the end of the file tells of it.
    if (!(error instanceof ArchiveError)) await file.expectWhole();
    throw error;
  } finally {
    reader.destroy();
  }
}

class Conversion {
  readonly #instance: LocatedInstance;
  #ready: Buffer[] = [];
  #hasHeader = false;

  constructor(instance: LocatedInstance) {
    this.#instance = instance;
  }

  take(): readonly Buffer[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  openPixelData(header: Part10Header): PixelDataSink {
    this.#writeHeader(header);
    const { pixelData, transferSyntax, dataSet } = header;
    if (pixelData?.lengthBytes === undefined) throw new Error('A native instance has native Pixel Data.');
    const paddedBytes = pixelData.lengthBytes + (pixelData.lengthBytes % 2);
    this.#ready.push(encodeElementHeader(pixelData.tag, pixelData.vr, paddedBytes));
    const isBig = transferSyntax.byteOrder === 'big';
    const unitBytes = isBig ? swapUnitBytes(pixelData.vr, readNumber(dataSet, TAG.BitsAllocated)) : 1;
    const swap = new StreamedSwap(unitBytes);
    return {
      item: () => undefined,
      bytes: (chunk) => {
        this.#ready.push(unitBytes === 1 ? Buffer.from(chunk) : swap.write(chunk));
      },
      end: () => {
        this.#ready.push(swap.end(), Buffer.alloc(paddedBytes - (pixelData.lengthBytes ?? 0)));
      },
    };
  }

  finish(header: Part10Header, trailer: DataSet | undefined): void {
    if (!this.#hasHeader) this.#writeHeader(header);
    if (trailer !== undefined) this.#ready.push(encodeExplicitVRLittleEndian(trailer));
  }

  #writeHeader({ dataSet }: Part10Header): void {
    this.#hasHeader = true;
    const { sopClassUID, sopInstanceUID } = this.#instance;
    this.#ready.push(
      encodeFileMeta({ sopClassUID, sopInstanceUID, transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN }),
      encodeExplicitVRLittleEndian(dataSet),
    );
  }
}
