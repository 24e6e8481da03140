/**
 * What the archive shows a caller. A Scope is data: `access` makes it, `index/where` alone evaluates it, and it reaches
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

const KIND_OF_MODALITY: Readonly<Record<string, ImagingKind>> = { CR: 'xray', DX: 'xray', CT: 'ct', MR: 'mri' };

/** Whether all that its kind shows is of this Modality: then a study with the kind has the Modality. */
export const isWholeKind = (modality: string): boolean => {
  const kind = imagingKindOf(modality);
  return kind !== 'other' && Object.values(KIND_OF_MODALITY).filter((other) => other === kind).length === 1;
};

/** One bit for each kind, as rows of `study` hold them together. */
const KIND_BITS: Readonly<Record<ImagingKind, number>> = { xray: 1, ct: 2, mri: 4, other: 8 };

/** The bits of several kinds. */
export const imagingKindBits = (kinds: readonly ImagingKind[]): number =>
  kinds.reduce((bits, kind) => bits | KIND_BITS[kind], 0);

export const imagingKindOf = (modality: string | undefined): ImagingKind =>
  (modality !== undefined && Object.hasOwn(KIND_OF_MODALITY, modality) ? KIND_OF_MODALITY[modality] : undefined) ??
  'other';
