/**
 * The values that a Store request sends apart from its metadata, by what the metadata calls them. A BulkDataURI is a name
 * and nothing else: it is compared with the Content-Location and Content-ID of parts, and never followed anywhere. A part is
 * the value of one attribute: were it that of many, a small request would fill a disk.
 * PS3.18 §8.6.1.2, §10.5.1.4
 */
import type { SpooledBytes } from '../archive/spool.js';
import { cannotUnderstand } from '../dicom/failure-reasons.js';
import { standardName } from './accept.js';
import { parameterOf } from './media-type.js';
import { OCTETS } from './media-type-names.js';
import type { MultipartPart } from './multipart-reader.js';

export interface SentPart {
  /** By its standard name, in lower case. */
  readonly mediaType: string;
  readonly transferSyntaxUID: string | undefined;
  readonly bytes: SpooledBytes;
}

/** As this server calls the compressed Pixel Data of an instance, whose frames it gives as `…/frames/1`. */
const ENCAPSULATED_PIXEL_DATA = /\/bulkdata\/7FE00010$/;

export class SentBulkdata {
  readonly #requestURL: string;
  readonly #parts = new Map<string, SentPart[]>();
  readonly #unused = new Set<SentPart>();

  /** @param requestURL what relative names are relative to */
  constructor(requestURL: string) {
    this.#requestURL = requestURL;
  }

  /** How many parts nothing has asked for. */
  get unusedCount(): number {
    return this.#unused.size;
  }

  add({ headers, contentType }: MultipartPart, bytes: SpooledBytes): void {
    const part = {
      mediaType: standardName(contentType?.essence ?? OCTETS),
      transferSyntaxUID: contentType && parameterOf(contentType, 'transfer-syntax'),
      bytes,
    };
    const location = headers.get('content-location');
    const id = headers.get('content-id')?.replace(/^<(.*)>$/, '$1');
    this.#unused.add(part);
    if (location !== undefined) this.#put(this.#absolute(location), part);
    if (id !== undefined) this.#put(`cid:${id}`, part);
  }

  /**
   * Take the parts of that name, in the order in which they were sent: one, or one for each frame. None when there is none.
   * @throws InvalidInstance C000H when one of them has been taken before
   */
  take(uri: string): readonly SentPart[] {
    const found = this.#parts.get(this.#absolute(uri)) ?? this.#framesOf(uri);
    for (const part of found) {
      if (!this.#unused.delete(part)) throw cannotUnderstand('A part of the request is named by more than one value.');
    }
    return found;
  }

  #framesOf(uri: string): readonly SentPart[] {
    const instance = this.#absolute(uri).replace(ENCAPSULATED_PIXEL_DATA, '');
    const frames: SentPart[] = [];
    for (let number = 1; ; number += 1) {
      const [frame, another] = this.#parts.get(`${instance}/frames/${number}`) ?? [];
      if (frame === undefined || another !== undefined) return frames;
      frames.push(frame);
    }
  }

  #put(name: string, part: SentPart): void {
    const parts = this.#parts.get(name);
    if (parts === undefined) this.#parts.set(name, [part]);
    else if (parts.at(-1) !== part) parts.push(part);
  }

  #absolute(name: string): string {
    return URL.canParse(name, this.#requestURL) ? new URL(name, this.#requestURL).href : name;
  }
}
