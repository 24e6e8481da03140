/** Whether a patient belongs to the training or to the validation set: decided once, by the rule of the NCCID. */
import { createHash } from 'node:crypto';
import type { Split } from './scope.js';

/** How a site's patients are divided: all to one side, or a percentage to training by the hash of the pseudonym. */
export type SplitPolicy = Split | number;

/** The canonical form of a pseudonym (Patient ID): case and surrounding spaces do not make another patient. */
export const canonicalPseudonym = (patientID: string): string => patientID.trim().toUpperCase();

/**
 * The pseudonym of the patient of a study: nobody knows whose studies without a Patient ID are, so each has a patient of
 * its own. No Patient ID gives the same pseudonym, for the canonical form has no lower case.
 */
export const patientPseudonym = (patientID: string, studyInstanceUID: string): string =>
  canonicalPseudonym(patientID) || `study ${studyInstanceUID}`;

/** The bucket, 0 to 99, that a pseudonym falls into: the SHA-512 of its canonical form, modulo 100. */
export function splitBucket(patientID: string): number {
  const digest = createHash('sha512').update(canonicalPseudonym(patientID)).digest('hex');
  return Number(BigInt(`0x${digest}`) % 100n);
}

/** The split of a new patient under its site's policy. A percentage is the share of buckets that goes to training. */
export function splitOf(patientID: string, policy: SplitPolicy): Split {
  if (typeof policy !== 'number') return policy;
  return splitBucket(patientID) < policy ? 'training' : 'validation';
}

/** Read a policy as it is written on the command line and in the index: `training`, `validation` or 0 to 100. */
export function findSplitPolicy(text: string): SplitPolicy | undefined {
  if (text === 'training' || text === 'validation') return text;
  return /^\d{1,3}$/.test(text) && Number(text) <= 100 ? Number(text) : undefined;
}
