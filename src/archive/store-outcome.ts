/** What became of one instance that was sent: a value, so that one instance's fate never touches another's. */
import { type FailureReason, InvalidInstance, type WarningReason } from '../dicom/failure-reasons.js';

/** The UIDs an instance was sent under; any of them may be missing in what was refused. */
export interface SentIdentity {
  readonly studyInstanceUID?: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
  readonly sopClassUID?: string;
}

export interface Stored {
  readonly outcome: 'stored' | 'already-stored';
  readonly identity: Required<SentIdentity>;
  /** Why the stored instance is not byte for byte what was sent. */
  readonly warning: WarningReason | undefined;
}

export interface Refused {
  readonly outcome: 'refused';
  readonly identity: SentIdentity;
  readonly reason: FailureReason;
  /** One sentence for the sender, without any value from the data set. */
  readonly explanation: string;
}

export type StoreOutcome = Stored | Refused;

export const refused = (identity: SentIdentity, reason: FailureReason, explanation: string): Refused => ({
  outcome: 'refused',
  identity,
  reason,
  explanation,
});

/** Thrown by the bytes of an instance that is refused before it has any: whose it would have been is known all the same. */
export class RefusedInstance extends InvalidInstance {
  readonly identity: SentIdentity;

  constructor(identity: SentIdentity, { reason, message }: InvalidInstance) {
    super(reason, message);
    this.identity = identity;
  }
}
