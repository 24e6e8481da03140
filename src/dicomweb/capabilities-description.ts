/** What a resource and all below it can be asked, as a WADL document. PS3.18 Annex H; examples in PS3.17 §HHH.7 */
import { tagText } from '../dicom/data-set.js';
import { findDictionaryEntry } from '../dicom/dictionary.js';
import { WILDCARD_VRS } from '../dicom/matching.js';
import { type QueryableAttribute, queryableAttributesOf, REQUEST_ATTRIBUTES } from '../dicom/queryable-attributes.js';
import type { VR } from '../dicom/vr.js';
import { isText } from './charset.js';
import { PROBLEM_JSON, ZIP } from './media-type-names.js';
import type { ParameterDescription } from './query-parameters.js';
import { type Resource, segmentsIn } from './resource-tree.js';
import { EXTENSION, type Route } from './routes.js';
import type { SearchResource } from './search.js';
import { SEARCH_OPTIONS } from './search-options.js';
import { type WADLElement, wadl, wadlDoc } from './wadl.js';

/** The names that Annex H gives the variables of templates. */
const VARIABLES: Readonly<Record<string, string>> = {
  study: 'StudyInstanceUID',
  series: 'SeriesInstanceUID',
  instance: 'SOPInstanceUID',
  frames: 'framelist',
  bulkdata: 'BulkDataReference',
  transaction: 'TransactionUID',
};

/** What goes well and what does not, by permission. */
const STATUSES = {
  'dicomweb.search': { answered: '200', empty: ['204'], failed: '400 401 403 406 414 503' },
  'dicomweb.retrieve': { answered: '200', empty: ['304'], failed: '400 401 403 404 406 410 412 413 414 500 503' },
  'dicomweb.store': { answered: '200 202 409', empty: [], failed: '400 401 403 404 406 410 413 415 503 507' },
  'dicomweb.delete': { answered: '204', empty: [], failed: '400 401 403 404 410 503 507' },
  curate: { answered: '200', empty: ['204'], failed: '400 401 403 404 406 409 503' },
} as const satisfies Record<Route['permission'], { answered: string; empty: readonly string[]; failed: string }>;

/** Describe a resource, its methods and what is below it, in one document. */
export function describeResource(resource: Resource, base: string): WADLElement {
  const resources =
    resource.template === ''
      ? resource.children.map((child) => resourceElement(child, lastSegment(child)))
      : [resourceElement(resource, resource.template.slice(1))];
  return wadl('application', {}, [wadl('resources', { base }, resources)]);
}

const lastSegment = ({ template }: Resource): string => segmentsIn(template).at(-1) ?? '';

function resourceElement({ routes, children }: Resource, path: string): WADLElement {
  const segments = path.split('/').map(standardSegment);
  return wadl('resource', { path: segments.join('/') }, [
    ...segments.filter((segment) => segment.startsWith('{')).map(templateParameter),
    ...routes.map(methodElement),
    ...children.map((child) => resourceElement(child, lastSegment(child))),
  ]);
}

/** `{study}` as the standard calls it; what is no variable as it is. */
function standardSegment(segment: string): string {
  const name = /^\{(\w+)\*?\}$/.exec(segment)?.[1];
  return name === undefined ? segment : `{${VARIABLES[name] ?? name}}`;
}

const templateParameter = (segment: string): WADLElement =>
  wadl('param', { name: segment.slice(1, -1), style: 'template', required: 'true' });

function methodElement(route: Route): WADLElement {
  const { method, transaction, section, permission } = route;
  const { answered, empty, failed } = STATUSES[permission];
  return wadl('method', { name: method, id: transaction }, [
    wadlDoc(`${section === EXTENSION ? 'An extension' : `PS3.18 ${section}`}; needs ${permission}`),
    requestElement(route),
    wadl('response', { status: answered }, [
      ...route.responseMediaTypes.map((mediaType) => wadl('representation', { mediaType })),
    ]),
    ...(isRanged(route) ? [wadl('response', { status: '206' }), wadl('response', { status: '416' })] : []),
    ...empty.map((status) => wadl('response', { status })),
    wadl('response', { status: failed }, [wadl('representation', { mediaType: PROBLEM_JSON })]),
  ]);
}

/** Whether ranges are answered: of a single payload that is no text, nor a zip, which is made as it goes out. */
const isRanged = ({ permission, responseMediaTypes }: Route): boolean =>
  permission === 'dicomweb.retrieve' &&
  responseMediaTypes.some((type) => !type.startsWith('multipart/') && type !== ZIP && !isText(type));

function requestElement(route: Route): WADLElement {
  const { requestMediaTypes = [], searched, parameters, moreParameters = [] } = route;
  return wadl('request', {}, [
    ...(parameters === undefined ? negotiationParameters(route) : ownParameters(route, parameters)),
    ...moreParameters.map(queryParameter),
    ...(searched === undefined ? [] : searchParameters(searched)),
    ...requestMediaTypes.map((mediaType) => wadl('representation', { mediaType })),
  ]);
}

function negotiationParameters({ responseMediaTypes }: Route): readonly WADLElement[] {
  const [first = ''] = responseMediaTypes;
  const accepted = responseMediaTypes.map(option);
  return [
    wadl('param', { name: 'Accept', style: 'header', default: first }, accepted),
    wadl('param', { name: 'accept', style: 'query', repeating: 'true' }, accepted),
    wadl('param', { name: 'charset', style: 'query', default: 'utf-8' }, [option('utf-8')]),
  ];
}

const ownParameters = (
  { responseMediaTypes }: Route,
  parameters: readonly ParameterDescription[],
): readonly WADLElement[] => [
  wadl('param', { name: 'Accept', style: 'header' }, responseMediaTypes.map(option)),
  ...parameters.map(queryParameter),
];

const queryParameter = ({ name, isRequired = false, values = [] }: ParameterDescription): WADLElement =>
  wadl('param', { name, style: 'query', ...(isRequired ? { required: 'true' } : {}) }, values.map(option));

const option = (value: string): WADLElement => wadl('option', { value });

/** PS3.18 Table 8.3.4-1: each attribute by its keyword and by its tag. */
function searchParameters({ matchedLevels }: SearchResource): readonly WADLElement[] {
  return [
    ...[...SEARCH_OPTIONS].map((name) => wadl('param', { name, style: 'query' })),
    wadl('param', { name: 'includefield', style: 'query', repeating: 'true' }, [option('all')]),
    ...matchedLevels.flatMap((level) => queryableAttributesOf(level)).flatMap(attributeParameters),
  ];
}

function attributeParameters({ keyword, tag, vr, isMatched }: QueryableAttribute): readonly WADLElement[] {
  if (!isMatched) return [];
  if (vr !== 'SQ') return matchParameters([keyword, tagText(tag)], vr);
  return REQUEST_ATTRIBUTES.flatMap((inner) => {
    const entry = findDictionaryEntry(inner);
    if (entry === undefined) throw new Error('A queryable attribute is in the dictionary.');
    return matchParameters([`${keyword}.${entry.keyword}`, `${tagText(tag)}.${tagText(inner)}`], entry.vr);
  });
}

const matchParameters = (names: readonly string[], vr: VR): readonly WADLElement[] =>
  names.map((name) => wadl('param', { name, style: 'query' }, [wadlDoc(`${vr}: ${matchingOf(vr)}`)]));

/** The kinds of matching of a VR, by their names. PS3.4 §C.2.2.2 */
function matchingOf(vr: VR): string {
  if (vr === 'UI') return 'Universal, Single Value and List of UID Matching';
  if (vr === 'DA' || vr === 'TM' || vr === 'DT') return 'Universal, Single Value and Range Matching';
  return WILDCARD_VRS.has(vr)
    ? 'Universal, Single Value and Wild Card Matching'
    : 'Universal and Single Value Matching';
}
