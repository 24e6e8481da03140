/** Which of the instances that a report names its reader may see: what lies outside his licence is named, and no link made of it. */
import type { LocatedInstance } from '../../archive/index/locate.js';
import type { ScopedArchive } from '../../archive/scoped-archive.js';
import type { LocatedReference } from '../../dicom/structured-report.js';
import { ArchiveError } from '../../errors.js';

/** Series whose instances are looked up; references to others get no links. */
export const MOST_SERIES = 50;

/** Find those of the references that are in the archive where they are said to be, by SOP Instance UID. */
export async function visibleReferences(
  archive: ScopedArchive,
  references: Iterable<LocatedReference>,
): Promise<ReadonlyMap<string, LocatedInstance>> {
  const wanted = new Map<string, LocatedReference[]>();
  for (const reference of references) {
    const key = `${reference.studyInstanceUID}/${reference.seriesInstanceUID}`;
    const same = wanted.get(key);
    if (same !== undefined) same.push(reference);
    else if (wanted.size < MOST_SERIES) wanted.set(key, [reference]);
  }
  const visible = new Map<string, LocatedInstance>();
  for (const ofSeries of wanted.values()) {
    const named = new Set(ofSeries.map(({ sopInstanceUID }) => sopInstanceUID));
    for (const instance of await instancesOfSeries(archive, ofSeries[0])) {
      if (named.has(instance.sopInstanceUID)) visible.set(instance.sopInstanceUID, instance);
    }
  }
  return visible;
}

async function instancesOfSeries(
  archive: ScopedArchive,
  reference: LocatedReference | undefined,
): Promise<readonly LocatedInstance[]> {
  if (reference === undefined) return [];
  const { studyInstanceUID, seriesInstanceUID } = reference;
  try {
    return await archive.instances({ studyInstanceUID, seriesInstanceUID });
  } catch (error) {
    if (error instanceof ArchiveError && (error.code === 'not-found' || error.code === 'gone')) return [];
    throw error;
  }
}
