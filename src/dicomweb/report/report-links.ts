/** Where the instances that a report names can be looked at. */
import type { InstanceReference } from '../../dicom/content-values.js';
import type { LocatedReference, StructuredReport } from '../../dicom/structured-report.js';
import { unhurried } from '../unhurried-text.js';

export interface ReportOptions {
  /** The URL at which the reader may look at an instance; undefined for one that is named without a link. */
  readonly linkOf: (reference: InstanceReference) => string | undefined;
}

/**
 * The instances that a report names with their study and series, by SOP Instance UID; ten thousand at most. Whether the reader
 * may see one of them is for the caller to find out before he makes a link of it.
 */
export async function locateReferences(report: StructuredReport): Promise<ReadonlyMap<string, LocatedReference>> {
  const places = new Map<string, LocatedReference>();
  for await (const reference of unhurried(report.evidence())) {
    if (!places.has(reference.sopInstanceUID)) places.set(reference.sopInstanceUID, reference);
  }
  return places;
}
