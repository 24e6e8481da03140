/**
 * What the archive shows a caller. A Scope is data: `access` makes it, `index/visible-series` alone evaluates it, and it reaches
 * down to series. Whatever lies outside does not exist for whoever holds it.
 */

/** What a series shows, by its Modality: CR and DX are `xray`, CT is `ct`, MR is `mri`. */
export const IMAGING_KINDS = ['xray', 'ct', 'mri', 'other'] as const;
export type ImagingKind = (typeof IMAGING_KINDS)[number];

/** The hold-out rule: who validates a product sees what its developers never saw. */
export const SPLITS = ['training', 'validation'] as const;
export type Split = (typeof SPLITS)[number];

export interface LicencePredicate {
  readonly kinds: readonly ImagingKind[];
  readonly splits: readonly Split[];
  /** Row ids of the sites; undefined for every site. */
  readonly siteIDs: readonly number[] | undefined;
}

export type Scope =
  | { readonly kind: 'everything' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'site'; readonly siteID: number }
  | { readonly kind: 'licence'; readonly predicate: LicencePredicate };

/** Modalities that are not `other`. */
export const KIND_OF_MODALITY: Readonly<Record<string, ImagingKind>> = { CR: 'xray', DX: 'xray', CT: 'ct', MR: 'mri' };

/** Modalities that a study has are bits in its row, with one bit for all that are none of these. */
const MODALITY_BITS: Readonly<Record<string, number>> = { CR: 1, DX: 2, CT: 4, MR: 8 };
const OTHER_BIT = 16;

/** The bit of a Modality in the row of a study that has it. */
export const modalityBit = (modality: string | undefined): number =>
  (modality !== undefined && Object.hasOwn(MODALITY_BITS, modality) ? MODALITY_BITS[modality] : undefined) ?? OTHER_BIT;

/** Whether no other Modality has the same bit. */
export const hasOwnBit = (modality: string): boolean => modalityBit(modality) !== OTHER_BIT;

/** The bits of all Modalities that are of these kinds. */
export const imagingKindBits = (kinds: readonly ImagingKind[]): number =>
  [...Object.keys(MODALITY_BITS), undefined]
    .filter((modality) => kinds.includes(imagingKindOf(modality)))
    .reduce((bits, modality) => bits | modalityBit(modality), 0);

export const imagingKindOf = (modality: string | undefined): ImagingKind =>
  (modality !== undefined && Object.hasOwn(KIND_OF_MODALITY, modality) ? KIND_OF_MODALITY[modality] : undefined) ??
  'other';
