/**
 * Where PS3.18 and the clients in use disagree, there are two ways to answer: the one that serves the clients, and the
 * letter of the standard, to which an archive is held by the setting NCCID_STRICT. This is the one place that knows which is
 * which; everybody else asks for the rule that is his.
 */
import { NEVER_NEGOTIATED } from '../dicom/transfer-syntaxes.js';

export interface Rules {
  /** 406 to a request without Accept, in header or query, that has a payload to wait for. PS3.18 §8.7.5, §8.7.7 */
  readonly needsAccept: boolean;
  /** 400 to an Accept header field that mixes DICOM media types with rendered ones. PS3.18 §8.7.5 */
  readonly refusesMixedAccept: boolean;
  /** No single frame for an image of several, where the standard has no picture of its own for it. PS3.18 Table 8.7.4-1 */
  readonly rendersAllFrames: boolean;
  /** 400 to a search by what can not be searched: PS3.18 §8.3 has it ignored, and then a slip of the pen finds everything. */
  readonly refusesUnknownKeys: boolean;
  /** C122H for instances in these, which PS3.18 §8.7.3 keeps from being used. */
  readonly refusedTransferSyntaxes: ReadonlySet<string | undefined>;
}

const AS_CLIENTS_NEED: Rules = {
  needsAccept: false,
  refusesMixedAccept: false,
  rendersAllFrames: false,
  refusesUnknownKeys: false,
  refusedTransferSyntaxes: new Set(),
};

const TO_THE_LETTER: Rules = {
  needsAccept: true,
  refusesMixedAccept: true,
  rendersAllFrames: true,
  refusesUnknownKeys: true,
  refusedTransferSyntaxes: NEVER_NEGOTIATED,
};

/** Give the rules that hold. */
export const rulesOf = (isStrict: boolean): Rules => (isStrict ? TO_THE_LETTER : AS_CLIENTS_NEED);
