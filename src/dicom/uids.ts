/** Unique Identifiers, PS3.5 §9. Leading zeros in a component are unlawful but common, and tolerated as sent. */
declare const uidBrand: unique symbol;

type BrandedUID<Name extends string> = string & { readonly [uidBrand]: Name };
export type StudyInstanceUID = BrandedUID<'Study'>;
export type SeriesInstanceUID = BrandedUID<'Series'>;
export type SOPInstanceUID = BrandedUID<'Instance'>;

/** Whether `text` is a UID: 1 to 64 characters, components of digits joined by single dots. */
export function isUID(text: string): boolean {
  return text.length <= 64 && /^\d+(?:\.\d+)*$/.test(text);
}

const brand = <T extends string>(text: string): T | undefined => (isUID(text) ? (text as T) : undefined);

/** The text as a UID of its kind, or undefined when it is not a lawful UID. */
export const asStudyInstanceUID = (text: string): StudyInstanceUID | undefined => brand<StudyInstanceUID>(text);
export const asSeriesInstanceUID = (text: string): SeriesInstanceUID | undefined => brand<SeriesInstanceUID>(text);
export const asSOPInstanceUID = (text: string): SOPInstanceUID | undefined => brand<SOPInstanceUID>(text);
