/**
 * The name of an instance's file. The content is part of it, so that two writers never write over each other; and so is how
 * often the instance has been deleted, so that nobody who removes a file that was deleted can meet one that came after. Where
 * attributes of the site were set in the file, its name tells the content without them too: by that the instance is known
 * again when it is sent again, and the folder alone is enough to know it.
 */
import { isUID } from '../dicom/uids.js';
import type { SentIdentity } from './store-outcome.js';

/** Below it stand all files of instances, and the record of each study. */
export const STUDIES_PREFIX = 'studies/';
const SHA256_DIGITS = 16;
const FILE_NAME = /^([\d.]{1,64})\.([\da-f]{16})(?:\.([\da-f]{64}))?(?:-([1-9]\d{0,8}))?\.dcm$/;

export interface InstanceKey {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  /** The first 16 hexadecimal digits of the SHA-256 of the file. */
  readonly sha256Start: string;
  /** SHA-256 of the file as it would have been kept without the attributes that its site sets; undefined when it has set none. */
  readonly sha256AsSent: string | undefined;
  /** How many deletions its UIDs had been through when it was stored. */
  readonly generation: number;
}

export interface NamedContent {
  readonly identity: Required<SentIdentity>;
  readonly sha256: string;
  /** That of `sha256` where no attribute was set. */
  readonly sha256AsSent: string;
  readonly generation: number;
}

/**
 * The blob key of an instance: `studies/<study>/<series>/<instance>.<16 hex of SHA-256>.dcm`, and `…-<n>.dcm` after `n`
 * deletions. Before that, `.<64 hex of SHA-256>` of what was sent where attributes were set.
 */
export function instanceKeyOf({ identity, sha256, sha256AsSent, generation }: NamedContent): string {
  const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = identity;
  const asSent = sha256AsSent === sha256 ? '' : `.${sha256AsSent}`;
  const suffix = generation === 0 ? '' : `-${generation}`;
  const fileName = `${sopInstanceUID}.${sha256.slice(0, SHA256_DIGITS)}${asSent}${suffix}.dcm`;
  return `${STUDIES_PREFIX}${studyInstanceUID}/${seriesInstanceUID}/${fileName}`;
}

/** Read a blob key; undefined when it is not that of an instance. */
export function findInstanceKey(key: string): InstanceKey | undefined {
  const [folder, studyInstanceUID = '', seriesInstanceUID = '', fileName = '', ...deeper] = key.split('/');
  const [, sopInstanceUID = '', sha256Start = '', sha256AsSent, generation = '0'] = FILE_NAME.exec(fileName) ?? [];
  const areUIDs = [studyInstanceUID, seriesInstanceUID, sopInstanceUID].every(isUID);
  if (`${folder}/` !== STUDIES_PREFIX || deeper.length > 0 || !areUIDs) return undefined;
  return {
    studyInstanceUID,
    seriesInstanceUID,
    sopInstanceUID,
    sha256Start,
    sha256AsSent,
    generation: Number(generation),
  };
}
