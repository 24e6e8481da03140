/** URLs of resources under the public base, and UIDs in paths. PS3.18 §10.1.1 */
import type { LocatedInstance, ResourcePath } from '../archive/index/locate.js';
import { isUID } from '../dicom/uids.js';
import { invalidRequest } from '../errors.js';

export const studyURL = (base: string, studyInstanceUID: string): string => `${base}/studies/${studyInstanceUID}`;

export const seriesURL = (base: string, studyInstanceUID: string, seriesInstanceUID: string): string =>
  `${studyURL(base, studyInstanceUID)}/series/${seriesInstanceUID}`;

export const instanceURL = (
  base: string,
  path: Pick<LocatedInstance, 'studyInstanceUID' | 'seriesInstanceUID' | 'sopInstanceUID'>,
): string => `${seriesURL(base, path.studyInstanceUID, path.seriesInstanceUID)}/instances/${path.sopInstanceUID}`;

/** The URL of a study, series or instance. */
export function resourceURL(base: string, path: ResourcePath): string {
  if (path.seriesInstanceUID === undefined) return studyURL(base, path.studyInstanceUID);
  if (path.sopInstanceUID === undefined) return seriesURL(base, path.studyInstanceUID, path.seriesInstanceUID);
  return `${seriesURL(base, path.studyInstanceUID, path.seriesInstanceUID)}/instances/${path.sopInstanceUID}`;
}

/** The URL under which metadata refers to a value; `path` is its name under the instance. */
export const bulkdataURL = (base: string, instance: LocatedInstance, path: string): string =>
  `${instanceURL(base, instance)}/bulkdata/${path}`;

/** The variables of a route template as a path. @throws ArchiveError `invalid-request` when one is no UID */
export function resourcePath(variables: Readonly<Record<string, string | undefined>>): ResourcePath {
  const { study, series, instance } = variables;
  return {
    studyInstanceUID: requireUID(study),
    ...(series === undefined ? {} : { seriesInstanceUID: requireUID(series) }),
    ...(instance === undefined ? {} : { sopInstanceUID: requireUID(instance) }),
  };
}

/** The path of a route that names an instance. */
export function instancePath(variables: Readonly<Record<string, string | undefined>>): Required<ResourcePath> {
  const { study, series, instance } = variables;
  return {
    studyInstanceUID: requireUID(study),
    seriesInstanceUID: requireUID(series),
    sopInstanceUID: requireUID(instance),
  };
}

function requireUID(text: string | undefined): string {
  if (text === undefined || !isUID(text)) throw invalidRequest('A part of the path that should be a UID is none.');
  return text;
}

/** The study and series within which is searched, as far as the path names them. */
export function searchedPath(
  variables: Readonly<Record<string, string | undefined>>,
): Partial<Omit<ResourcePath, 'sopInstanceUID'>> {
  return variables['study'] === undefined ? {} : resourcePath(variables);
}
