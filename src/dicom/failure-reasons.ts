/**
 * Failure and Warning Reasons of the Store transaction, in hexadecimal as the standard prints them, and the error that
 * says an instance can not be taken. PS3.18 §I.2, PS3.4 §B.2.3, PS3.7 Annex C
 */
export const FAILURE_REASON = {
  processingFailure: 0x0110,
  duplicateSOPInstance: 0x0111,
  sopClassNotSupported: 0x0122,
  notAuthorized: 0x0124,
  outOfResources: 0xa700,
  dataSetDoesNotMatchSOPClass: 0xa900,
  cannotUnderstand: 0xc000,
  transferSyntaxNotSupported: 0xc122,
} as const;

export type FailureReason = (typeof FAILURE_REASON)[keyof typeof FAILURE_REASON];

/** Why the archive does not commit to an instance. PS3.3 §C.14.1.1 */
export const COMMITMENT_FAILURE = {
  processingFailure: 0x0110,
  noSuchObjectInstance: 0x0112,
  classInstanceConflict: 0x0119,
} as const;

export const WARNING_REASON = {
  coercionOfDataElements: 0xb000,
  elementsDiscarded: 0xb006,
  dataSetDoesNotMatchSOPClass: 0xb007,
} as const;

export type WarningReason = (typeof WARNING_REASON)[keyof typeof WARNING_REASON];

/** An instance that can not be taken, and why. The message is one sentence without any value from the data set. */
export class InvalidInstance extends Error {
  override readonly name = 'InvalidInstance';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The bytes can not be understood as a data set: Failure Reason C000H. */
export const cannotUnderstand = (message: string): InvalidInstance =>
  new InvalidInstance(FAILURE_REASON.cannotUnderstand, message);

/** The data set contradicts itself or its SOP Class: Failure Reason A900H. */
export const doesNotMatch = (message: string): InvalidInstance =>
  new InvalidInstance(FAILURE_REASON.dataSetDoesNotMatchSOPClass, message);

/** The data set asks for more than any lawful one needs: Failure Reason A700H. */
export const outOfResources = (message: string): InvalidInstance =>
  new InvalidInstance(FAILURE_REASON.outOfResources, message);
