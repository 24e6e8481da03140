/**
 * What an instance is to somebody who wants to look at it. Its SOP Class says so, and where that says nothing, whether it has
 * frames: a Segmentation is an image, a structure set is not. PS3.4 Annex B
 */
import { findTransferSyntax } from './transfer-syntaxes.js';

export type InstanceKind =
  | 'image'
  | 'video'
  | 'report'
  | 'document'
  | 'presentation-state'
  | 'waveform'
  /** Plans, structure sets, registrations, raw data: nothing that can be seen by itself. */
  | 'other';

export interface KindOfInstance {
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  /** 0 for what has no Pixel Data. */
  readonly frameCount: number;
}

const STORAGE = '1.2.840.10008.5.1.4.1.1.';
/** The beginnings of the UIDs of SOP Classes. */
const FAMILIES: readonly (readonly [prefix: string, kind: InstanceKind])[] = [
  [`${STORAGE}88.`, 'report'],
  [`${STORAGE}104.`, 'document'],
  [`${STORAGE}11.`, 'presentation-state'],
  [`${STORAGE}9.`, 'waveform'],
];

/** Say what kind of instance it is; a Key Object Selection is a report. */
export function kindOf({ sopClassUID, transferSyntaxUID, frameCount }: KindOfInstance): InstanceKind {
  const family = FAMILIES.find(([prefix]) => sopClassUID.startsWith(prefix));
  if (family !== undefined) return family[1];
  if (frameCount === 0) return 'other';
  return findTransferSyntax(transferSyntaxUID)?.mediaType?.startsWith('video/') === true ? 'video' : 'image';
}
