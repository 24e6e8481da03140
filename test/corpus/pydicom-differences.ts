/** Where our metadata may differ from what pydicom writes, and why ours stands. */
import { EXPLICIT_VR_BIG_ENDIAN } from '../../src/dicom/transfer-syntaxes.js';
import type { Difference } from './compare-metadata.js';

export interface AllowedDifference {
  readonly what: string;
  readonly because: string;
  isIt(difference: Difference, transferSyntaxUID: string): boolean;
}

const isPrivate = (name: string): boolean => Number.parseInt(name.slice(0, 4), 16) % 2 === 1;

export const ALLOWED_DIFFERENCES: readonly AllowedDifference[] = [
  {
    what: 'Specific Character Set',
    because: 'The JSON text is UTF-8, and says so: ISO_IR 192, whatever the file was written in (PS3.18 §F.2.1).',
    isIt: ({ name }) => name === '00080005',
  },
  {
    what: 'group lengths',
    because: 'Retired, wrong in files that were edited, and meaningless in JSON (PS3.5 §7.2).',
    isIt: ({ name, kind }) => kind === 'only there' && name.endsWith('0000'),
  },
  {
    what: 'private attributes in Implicit VR',
    because: 'UN is what the standard says of them (PS3.5 §6.2.2); pydicom knows some by a dictionary of its own.',
    isIt: ({ name, kind, ours }) => kind === 'vr' && isPrivate(name) && ours?.vr === 'UN',
  },
  {
    what: 'sequences sent as UN',
    because:
      'They are told as the file has them, in one piece; pydicom looks into them, which a reader may (PS3.5 §6.2.2).',
    isIt: ({ kind, ours, theirs }) => kind === 'vr' && ours?.vr === 'UN' && theirs?.vr === 'SQ',
  },
  {
    what: 'values by reference',
    because: 'Long values are referred to by BulkDataURI, as retrieving metadata is for (PS3.18 §10.4.1.1.2).',
    isIt: ({ kind }) => kind === 'referred here',
  },
  {
    what: 'big endian values inline',
    because: 'InlineBinary is little endian (PS3.18 §F.2.7); pydicom copies it as it stands in the file.',
    isIt: ({ kind, ours }, transferSyntaxUID) =>
      kind === 'value' && ours?.InlineBinary !== undefined && transferSyntaxUID === EXPLICIT_VR_BIG_ENDIAN,
  },
];

/** The reason a difference is allowed for, if there is one. */
export const findAllowedDifference = (
  difference: Difference,
  transferSyntaxUID: string,
): AllowedDifference | undefined => ALLOWED_DIFFERENCES.find(({ isIt }) => isIt(difference, transferSyntaxUID));
