/** Who looks on while an archive is copied, which may take days. */
import type { FindingKind } from '../verify.js';

export interface UncopiedFile {
  readonly kind: Extract<FindingKind, 'missing-file' | 'damaged-file'>;
  /** Its blob key. */
  readonly key: string;
}

export interface CopyWatch {
  /** So many come now; `what` they are, in the plural. */
  begin(total: number, what: string): void;
  /** So many more of them are done. */
  advance(count: number): void;
  /** This file can not be copied, for the source does not have it as it was stored; the others are. */
  complain(file: UncopiedFile): void;
}
