/**
 * The name of an instance's file. The content is part of it, so that two writers never write over each other; and so is how
 * often the instance has been deleted, so that nobody who removes a file that was deleted can meet one that came after.
 */
import { isUID } from '../dicom/uids.js';
import type { SentIdentity } from './store-outcome.js';

/** Below it stand all files of instances, and the record of each study. */
export const STUDIES_PREFIX = 'studies/';
const SHA256_DIGITS = 16;
const FILE_NAME = /^([\d.]{1,64})\.([\da-f]{16})(?:-([1-9]\d{0,8}))?\.dcm$/;

export interface InstanceKey {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  /** The first 16 hexadecimal digits of the SHA-256 of the file. */
  readonly sha256Start: string;
  /** How many deletions its UIDs had been through when it was stored. */
  readonly generation: number;
}

/**
 * The blob key of an instance: `studies/<study>/<series>/<instance>.<16 hex of SHA-256>.dcm`, and `…-<n>.dcm` after `n`
 * deletions.
 */
export function instanceKeyOf(identity: Required<SentIdentity>, sha256: string, generation: number): string {
  const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = identity;
  const suffix = generation === 0 ? '' : `-${generation}`;
  const fileName = `${sopInstanceUID}.${sha256.slice(0, SHA256_DIGITS)}${suffix}.dcm`;
  return `${STUDIES_PREFIX}${studyInstanceUID}/${seriesInstanceUID}/${fileName}`;
}

/** Read a blob key; undefined when it is not that of an instance. */
export function findInstanceKey(key: string): InstanceKey | undefined {
  const [folder, studyInstanceUID = '', seriesInstanceUID = '', fileName = '', ...deeper] = key.split('/');
  const [, sopInstanceUID = '', sha256Start = '', generation = '0'] = FILE_NAME.exec(fileName) ?? [];
  const areUIDs = [studyInstanceUID, seriesInstanceUID, sopInstanceUID].every(isUID);
  if (`${folder}/` !== STUDIES_PREFIX || deeper.length > 0 || !areUIDs) return undefined;
  return { studyInstanceUID, seriesInstanceUID, sopInstanceUID, sha256Start, generation: Number(generation) };
}
