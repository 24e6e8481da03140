/**
 * The parameters of a request to the URI service. Their names are case-sensitive, their order means nothing, each is given
 * once at most, and those that it does not know are ignored. PS3.18 §9.1.2, Table 9.4.1-1
 */
import type { ResourcePath } from '../archive/index/locate.js';
import { isUID } from '../dicom/uids.js';
import { invalidRequest } from '../errors.js';
import { parseMediaType } from './media-type.js';
import { DICOM } from './media-type-names.js';
import type { ParameterDescription, QueryParameter } from './query-parameters.js';
import { RENDERING_PARAMETERS } from './wado-uri-rendering.js';

export interface URIRequest {
  readonly path: Required<ResourcePath>;
  /** `type/subtype`, in lower case; undefined leaves it to the Accept header field. */
  readonly contentTypes: readonly string[] | undefined;
  /** The same as it was sent, with its weights. */
  readonly contentType: string | undefined;
  /** A UID, or `*` for the one that is stored. */
  readonly transferSyntax: string | undefined;
}

/** Those that are understood, for a Capabilities Description. */
export const URI_PARAMETERS: readonly ParameterDescription[] = [
  { name: 'requestType', isRequired: true, values: ['WADO'] },
  { name: 'studyUID', isRequired: true },
  { name: 'seriesUID', isRequired: true },
  { name: 'objectUID', isRequired: true },
  { name: 'contentType' },
  { name: 'transferSyntax' },
  { name: 'anonymize', values: ['yes'] },
  ...RENDERING_PARAMETERS.map((name) => ({ name })),
];

const KNOWN: ReadonlySet<string> = new Set(URI_PARAMETERS.map(({ name }) => name));

/** The values of the parameters that the service knows, by name. @throws ArchiveError `invalid-request` when one is repeated */
export function knownParameters(parameters: readonly QueryParameter[]): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const { name, value } of parameters) {
    if (!KNOWN.has(name)) continue;
    if (known.has(name)) throw invalidRequest(`The parameter ${name} is given more than once.`);
    known.set(name, value);
  }
  return known;
}

/** Read what both transactions of the service have. @throws ArchiveError `invalid-request` naming the parameter */
export function readURIRequest(known: ReadonlyMap<string, string>): URIRequest {
  if (required(known, 'requestType') !== 'WADO') throw invalidRequest('The parameter requestType is not WADO.');
  const path = {
    studyInstanceUID: requiredUID(known, 'studyUID'),
    seriesInstanceUID: requiredUID(known, 'seriesUID'),
    sopInstanceUID: requiredUID(known, 'objectUID'),
  };
  // What is stored has been de-identified before it was sent, so that to ask for it changes nothing.
  const anonymize = known.get('anonymize');
  if (anonymize !== undefined && anonymize !== 'yes') throw invalidRequest('The parameter anonymize is not yes.');
  const contentType = known.get('contentType');
  return {
    path,
    contentTypes: readContentTypes(contentType),
    contentType,
    transferSyntax: readTransferSyntax(known),
  };
}

function required(known: ReadonlyMap<string, string>, name: string): string {
  const value = known.get(name);
  if (value === undefined) throw invalidRequest(`The parameter ${name} is missing.`);
  return value;
}

function requiredUID(known: ReadonlyMap<string, string>, name: string): string {
  const value = required(known, name);
  if (!isUID(value)) throw invalidRequest(`The parameter ${name} is not a UID.`);
  return value;
}

/** One, says §9.4.1.2.3; `*` comes from §8.7.3.6, and clients send it. */
function readTransferSyntax(known: ReadonlyMap<string, string>): string | undefined {
  const value = known.get('transferSyntax');
  if (value === undefined || value === '*' || isUID(value)) return value;
  throw invalidRequest('The parameter transferSyntax is neither one UID nor *.');
}

/** DICOM alone, or a list of other media types; of their parameters only the weight is allowed. PS3.18 §9.1.2.2.1 */
function readContentTypes(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const contentTypes = text.split(',').map(readContentType);
  if (contentTypes.includes(DICOM) && contentTypes.some((one) => one !== DICOM)) {
    throw invalidRequest(`The parameter contentType mixes ${DICOM} with other media types.`);
  }
  return contentTypes;
}

function readContentType(text: string): string {
  const mediaType = parseMediaType(text);
  if (mediaType === undefined || mediaType.essence.includes('*')) {
    throw invalidRequest('The parameter contentType is not a list of media types; wildcards are none.');
  }
  if ([...mediaType.parameters.keys()].some((name) => name !== 'q')) {
    throw invalidRequest('The media types of the parameter contentType have no parameters: see transferSyntax.');
  }
  return mediaType.essence;
}
