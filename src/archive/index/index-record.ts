/** One received instance as the index takes it: who sent it, where its bytes are, and its rows. */
import type { SplitPolicy } from '../split.js';
import type { SentIdentity } from '../store-outcome.js';
import type { InstanceDescription } from './describe-instance.js';

/** The site in whose name something is stored. */
export interface StoringSite {
  readonly id: number;
  readonly name: string;
  readonly splitPolicy: SplitPolicy;
  /** Whether it may add to studies of other sites: a curator may, a hospital may not. */
  readonly mayJoinAnyStudy: boolean;
}

export interface IndexRecord {
  readonly identity: Required<SentIdentity>;
  readonly site: StoringSite;
  /** As it stands in the data set; empty when there is none. */
  readonly patientID: string;
  readonly blobKey: string;
  /** How many deletions its UIDs had been through when its file was named. */
  readonly generation: number;
  readonly sha256: string;
  /** SHA-256 of the file as it would be kept without the attributes that its site sets; that of the file where it sets none. */
  readonly sha256AsSent: string;
  readonly crc32: number;
  readonly sizeBytes: number;
  readonly description: InstanceDescription;
}

/**
 * `stored`: a new row. `already-stored`: the same instance was there. `duplicate`: other bytes are there under this SOP
 * Instance UID. `misfit`: its study, series or patient is another than the index knows for these UIDs. `deleted`: a curator has
 * deleted it, or the study or series that it would be in.
 */
export type IndexOutcome = 'stored' | 'already-stored' | 'duplicate' | 'misfit' | 'deleted';
