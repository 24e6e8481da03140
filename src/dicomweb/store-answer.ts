/** The answer to Store: what became of each instance. PS3.18 §10.5.3, Annex I */
import type { Refused, Stored, StoreOutcome } from '../archive/store-outcome.js';
import { FAILURE_REASON } from '../dicom/failure-reasons.js';
import { instanceURL, studyURL } from './urls.js';

export interface StoreAnswer {
  readonly status: 200 | 202 | 400 | 409;
  /** The Store Instances Response Module as one DICOM JSON object. */
  readonly json: string;
  /** The study that was added to, when it was one. */
  readonly studyURL: string | undefined;
}

type Item = Readonly<Record<string, unknown>>;

const text = (vr: string, value: string | undefined) => (value === undefined ? { vr } : { vr, Value: [value] });
const code = (value: number) => ({ vr: 'US', Value: [value] });
const sequence = (items: readonly Item[]) => ({ vr: 'SQ', Value: items });

/**
 * Write the answer. Keys are written in tag order, which they keep for they all begin with a zero.
 * @param isBrokenOff the body ended before its last part did: what came before stands, and the sender must hear of the rest
 */
export function storeAnswer(outcomes: readonly StoreOutcome[], base: string, isBrokenOff: boolean): StoreAnswer {
  const stored = outcomes.filter((outcome) => outcome.outcome !== 'refused');
  const failed = outcomes.filter((outcome) => outcome.outcome === 'refused');
  const named = failed.filter(isNamed);
  const others = failed.filter((outcome) => !isNamed(outcome));
  const otherItems = [...others.map(failedItem), ...(isBrokenOff ? [BROKEN_OFF] : [])];
  const studies = new Set(stored.map(({ identity }) => identity.studyInstanceUID));
  const [study] = studies;
  const url = studies.size === 1 && study !== undefined ? studyURL(base, study) : undefined;
  const module = {
    '00081190': text('UR', url),
    ...(named.length > 0 ? { '00081198': sequence(named.map(failedItem)) } : {}),
    ...(stored.length > 0 ? { '00081199': sequence(stored.map((outcome) => storedItem(outcome, base))) } : {}),
    ...(otherItems.length > 0 ? { '0008119A': sequence(otherItems) } : {}),
  };
  return { status: statusOf(outcomes, stored, isBrokenOff), json: JSON.stringify(module), studyURL: url };
}

/** PS3.18 Table 10.5.3-1; what was stored with a warning is told by 202. */
function statusOf(
  outcomes: readonly StoreOutcome[],
  stored: readonly Stored[],
  isBrokenOff: boolean,
): StoreAnswer['status'] {
  if (isBrokenOff) return 400;
  if (stored.length === 0) return 409;
  const isPlain = stored.length === outcomes.length && stored.every(({ warning }) => warning === undefined);
  return isPlain ? 200 : 202;
}

/** Both UIDs are needed to name an instance; without them it goes to Other Failures. PS3.18 §I.2 */
const isNamed = ({ identity }: StoreOutcome): boolean =>
  identity.sopClassUID !== undefined && identity.sopInstanceUID !== undefined;

function storedItem({ identity, warning }: Stored, base: string): Item {
  return {
    '00081150': text('UI', identity.sopClassUID),
    '00081155': text('UI', identity.sopInstanceUID),
    '00081190': text('UR', instanceURL(base, identity)),
    ...(warning === undefined ? {} : { '00081196': code(warning) }),
  };
}

/** The reason as a code for programs, and as a sentence in a private element for people. */
function failedItem(outcome: Refused): Item {
  const { identity, reason, explanation } = outcome;
  return {
    ...(isNamed(outcome)
      ? { '00081150': text('UI', identity.sopClassUID), '00081155': text('UI', identity.sopInstanceUID) }
      : {}),
    '00081197': code(reason),
    '00090010': text('LO', PRIVATE_CREATOR),
    '00091001': text('LT', explanation),
  };
}

const PRIVATE_CREATOR = 'NCCID';

const BROKEN_OFF: Item = {
  '00081197': code(FAILURE_REASON.cannotUnderstand),
  '00090010': text('LO', PRIVATE_CREATOR),
  '00091001': text('LT', 'The request broke off: nothing of its last part has been kept.'),
};
