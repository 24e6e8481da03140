/**
 * Every route of the DICOMweb services, with its handler and the section that asks for it, and what a client may know of it
 * beforehand: the Capabilities Description is made of this table. PS3.18 §9.3, Tables 10.3-1, 10.3-2, 10.3-3, Annex H
 */
import type { Permission } from '../access/permissions.js';
import { FRAME_MEDIA_TYPES } from '../dicom/transfer-syntaxes.js';
import { checkCommitment, requestCommitment } from './commitment.js';
import { deleteInstances } from './delete-instances.js';
import type { Handler } from './exchange.js';
import { CSV, DICOM, DICOM_JSON, DICOM_XML, OCTETS, PLAIN_JSON, ZIP } from './media-type-names.js';
import { PICTURE_MEDIA_TYPES } from './picture-request.js';
import { addAttribute, listAttributes, removeAttribute, showAttribute } from './query-attributes.js';
import type { ParameterDescription } from './query-parameters.js';
import { REPORT_MEDIA_TYPES } from './renderable-as.js';
import { RENDERING_PARAMETERS, THUMBNAIL_PARAMETERS } from './rendering-parameters.js';
import { retrieveAll, type Which } from './retrieve-all-bulkdata.js';
import { retrieveBulkdata, retrievePixelData } from './retrieve-bulkdata.js';
import { retrieveFrames } from './retrieve-frames.js';
import { retrieveInstances } from './retrieve-instances.js';
import { retrieveMetadata } from './retrieve-metadata.js';
import { retrieveRenderedAll, retrieveRenderedFrames, retrieveRenderedInstance } from './retrieve-rendered.js';
import { retrieveThumbnail } from './retrieve-thumbnail.js';
import { countFor, type SearchResource, searchFor } from './search.js';
import { storeInstances } from './store.js';
import { STORED_MEDIA_TYPES } from './store-body.js';
import { THUMBNAIL_MEDIA_TYPES } from './thumbnails.js';
import { retrieveByURI } from './wado-uri.js';
import { URI_PARAMETERS } from './wado-uri-parameters.js';

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `{name}` is one segment of the path, `{name*}` all that are left. */
  readonly template: string;
  readonly permission: Permission;
  readonly handler: Handler;
  /** Of PS3.18; `extension` of a route that is not in it. */
  readonly section: string;
  /** The name that a Capabilities Description gives it: `SearchForStudySeries`. */
  readonly transaction: string;
  /** Of the body that is sent. */
  readonly requestMediaTypes?: readonly string[];
  /** Of the answer, as an Accept header field would ask for them; the first is given to who accepts anything. */
  readonly responseMediaTypes: readonly string[];
  /** What is searched, and so which attributes are parameters. */
  readonly searched?: SearchResource;
  /** The parameters of a route that has its own in the place of `accept` and `charset`; to accept anything is not enough then. */
  readonly parameters?: readonly ParameterDescription[];
  /** Its parameters besides `accept` and `charset`. */
  readonly moreParameters?: readonly ParameterDescription[];
}

type Description = Pick<Route, 'section' | 'transaction' | 'responseMediaTypes' | 'parameters' | 'moreParameters'>;

const multipart = (mediaType: string): string => `multipart/related; type="${mediaType}"`;

const FILES = [multipart(DICOM), multipart(OCTETS), ZIP];
const FRAMES = [OCTETS, ...FRAME_MEDIA_TYPES.filter((mediaType) => mediaType !== OCTETS)];
/** What documents are encapsulated as. PS3.3 §A.45, §A.85 */
const DOCUMENTS = ['application/pdf', 'text/xml', 'model/stl', 'model/obj', 'model/mtl'];
const VALUES = [...FRAMES, ...DOCUMENTS];
const VIDEOS = ['video/mpeg', 'video/mp4', 'video/H265'];
/** PS3.18 Table 8.7.4-1, and documents as what they are. */
const RENDERED = [...new Set([...PICTURE_MEDIA_TYPES, ...REPORT_MEDIA_TYPES, ...DOCUMENTS, ...VIDEOS])];

/** What stands for the section of a route that is in no standard. */
export const EXTENSION = 'extension';

const retrieve = (template: string, handler: Handler, description: Description): Route => ({
  method: 'GET',
  template,
  permission: 'dicomweb.retrieve',
  handler,
  ...description,
});

const instances = (template: string, transaction: string, responseMediaTypes: readonly string[]): Route =>
  retrieve(template, retrieveInstances, { section: '10.4.1.1.1', transaction, responseMediaTypes });

const metadata = (template: string, transaction: string, isOne = false): Route =>
  retrieve(template, retrieveMetadata, {
    section: '10.4.1.1.2',
    transaction,
    responseMediaTypes: [DICOM_JSON, multipart(DICOM_XML), ...(isOne ? [DICOM_XML] : [])],
  });

const rendered = (
  template: string,
  handler: Handler,
  transaction: string,
  responseMediaTypes: readonly string[],
): Route =>
  retrieve(`${template}/rendered`, handler, {
    section: '10.4.1.1.3',
    transaction,
    responseMediaTypes,
    moreParameters: RENDERING_PARAMETERS,
  });

const thumbnail = (template: string, transaction: string): Route =>
  retrieve(`${template}/thumbnail`, retrieveThumbnail, {
    section: '10.4.1.1.4',
    transaction,
    responseMediaTypes: [...THUMBNAIL_MEDIA_TYPES, ...THUMBNAIL_MEDIA_TYPES.map(multipart)],
    moreParameters: THUMBNAIL_PARAMETERS,
  });

/** All values of a resource, or all its pixels. */
const containerOf = (resource: string, which: Which, transaction: string): Route =>
  retrieve(`${resource}/${which}`, retrieveAll(which), {
    section: which === 'bulkdata' ? '10.4.1.1.5' : '10.4.1.1.6',
    transaction,
    responseMediaTypes: which === 'bulkdata' ? [multipart(OCTETS)] : FRAMES.map(multipart),
  });

/** A resource that is searched, and beside it the one that says how many answers it has. */
const search = (template: string, transaction: string, searched: SearchResource): readonly Route[] =>
  [
    {
      template,
      handler: searchFor(searched),
      section: '10.6',
      transaction,
      responseMediaTypes: [DICOM_JSON, multipart(DICOM_XML), CSV],
    },
    {
      template: `${template}/count`,
      handler: countFor(searched),
      section: EXTENSION,
      transaction: transaction.replace('SearchFor', 'Count'),
      responseMediaTypes: [PLAIN_JSON],
    },
  ].map((route) => ({ method: 'GET', permission: 'dicomweb.search', searched, ...route }));

const store = (template: string, transaction: string): Route => ({
  method: 'POST',
  template,
  permission: 'dicomweb.store',
  handler: storeInstances,
  section: '10.5',
  transaction,
  requestMediaTypes: STORED_MEDIA_TYPES,
  responseMediaTypes: [DICOM_JSON, DICOM_XML],
});

/** No transaction of the Studies Service deletes; 8.5 tells of what has been deleted. */
const remove = (template: string, transaction: string): Route => ({
  method: 'DELETE',
  template,
  permission: 'dicomweb.delete',
  handler: deleteInstances,
  section: '8.5',
  transaction,
  responseMediaTypes: [],
});

/** Of those who send: nobody else deletes anything on our word. */
const commitment = (method: 'GET' | 'POST', handler: Handler, section: string, transaction: string): Route => ({
  method,
  template: '/commitment-requests/{transaction}',
  permission: 'dicomweb.store',
  handler,
  section,
  transaction,
  ...(method === 'POST' ? { requestMediaTypes: [DICOM_JSON] } : {}),
  responseMediaTypes: [DICOM_JSON],
});

const curate = (method: Route['method'], template: string, handler: Handler, transaction: string): Route => ({
  method,
  template,
  permission: 'curate',
  handler,
  section: EXTENSION,
  transaction,
  ...(method === 'POST' ? { requestMediaTypes: [PLAIN_JSON] } : {}),
  responseMediaTypes: method === 'DELETE' ? [] : [PLAIN_JSON],
});

const STUDY = '/studies/{study}';
const SERIES = `${STUDY}/series/{series}`;
const INSTANCE = `${SERIES}/instances/{instance}`;
const FRAME = `${INSTANCE}/frames/{frames}`;

export const ROUTES: readonly Route[] = [
  store('/studies', 'StoreInstances'),
  store(STUDY, 'StoreStudyInstances'),

  ...search('/studies', 'SearchForStudies', { level: 'study', matchedLevels: ['study'], returnedLevels: ['study'] }),
  ...search(`${STUDY}/series`, 'SearchForStudySeries', {
    level: 'series',
    matchedLevels: ['series'],
    returnedLevels: ['series'],
  }),
  ...search(`${STUDY}/instances`, 'SearchForStudyInstances', {
    level: 'instance',
    matchedLevels: ['series', 'instance'],
    returnedLevels: ['series', 'instance'],
  }),
  ...search('/series', 'SearchForSeries', {
    level: 'series',
    matchedLevels: ['study', 'series'],
    returnedLevels: ['study', 'series'],
  }),
  ...search(`${SERIES}/instances`, 'SearchForStudySeriesInstances', {
    level: 'instance',
    matchedLevels: ['instance'],
    returnedLevels: ['instance'],
  }),
  ...search('/instances', 'SearchForInstances', {
    level: 'instance',
    matchedLevels: ['study', 'series', 'instance'],
    returnedLevels: ['study', 'series', 'instance'],
  }),

  curate('GET', '/attributes', listAttributes, 'ListQueryAttributes'),
  curate('POST', '/attributes', addAttribute, 'AddQueryAttribute'),
  curate('GET', '/attributes/{attribute}', showAttribute, 'ShowQueryAttribute'),
  curate('DELETE', '/attributes/{attribute}', removeAttribute, 'RemoveQueryAttribute'),

  instances(STUDY, 'RetrieveStudy', FILES),
  instances(SERIES, 'RetrieveSeries', FILES),
  instances(INSTANCE, 'RetrieveInstance', [...FILES, DICOM]),
  metadata(`${STUDY}/metadata`, 'RetrieveStudyMetadata'),
  metadata(`${SERIES}/metadata`, 'RetrieveSeriesMetadata'),
  metadata(`${INSTANCE}/metadata`, 'RetrieveInstanceMetadata', true),
  retrieve(`${INSTANCE}/frames/{frames}`, retrieveFrames, {
    section: '10.4.1.1.6',
    transaction: 'RetrieveFrames',
    responseMediaTypes: [...FRAMES.map(multipart), ...FRAMES],
  }),
  retrieve(`${INSTANCE}/bulkdata/{bulkdata*}`, retrieveBulkdata, {
    section: '10.4.1.1.5',
    transaction: 'RetrieveBulkdata',
    responseMediaTypes: [...VALUES, ...VALUES.map(multipart)],
  }),
  containerOf(STUDY, 'bulkdata', 'RetrieveStudyBulkdata'),
  containerOf(SERIES, 'bulkdata', 'RetrieveSeriesBulkdata'),
  containerOf(INSTANCE, 'bulkdata', 'RetrieveInstanceBulkdata'),
  containerOf(STUDY, 'pixeldata', 'RetrieveStudyPixelData'),
  containerOf(SERIES, 'pixeldata', 'RetrieveSeriesPixelData'),
  retrieve(`${INSTANCE}/pixeldata`, retrievePixelData, {
    section: '10.4.1.1.6',
    transaction: 'RetrieveInstancePixelData',
    responseMediaTypes: [...FRAMES.map(multipart), ...FRAMES],
  }),

  rendered(STUDY, retrieveRenderedAll, 'RetrieveRenderedStudy', RENDERED.map(multipart)),
  rendered(SERIES, retrieveRenderedAll, 'RetrieveRenderedSeries', RENDERED.map(multipart)),
  rendered(INSTANCE, retrieveRenderedInstance, 'RetrieveRenderedInstance', [...RENDERED, ...RENDERED.map(multipart)]),
  rendered(FRAME, retrieveRenderedFrames, 'RetrieveRenderedFrames', [
    ...PICTURE_MEDIA_TYPES,
    ...PICTURE_MEDIA_TYPES.map(multipart),
  ]),
  thumbnail(STUDY, 'RetrieveStudyThumbnail'),
  thumbnail(SERIES, 'RetrieveSeriesThumbnail'),
  thumbnail(INSTANCE, 'RetrieveInstanceThumbnail'),
  thumbnail(FRAME, 'RetrieveFrameThumbnail'),

  retrieve('/wado', retrieveByURI, {
    section: '9.4',
    transaction: 'RetrieveDICOMInstance',
    responseMediaTypes: [...RENDERED, DICOM],
    parameters: URI_PARAMETERS,
  }),

  remove(STUDY, 'DeleteStudy'),
  remove(SERIES, 'DeleteSeries'),
  remove(INSTANCE, 'DeleteInstance'),

  commitment('POST', requestCommitment, '13.4', 'RequestStorageCommitment'),
  commitment('GET', checkCommitment, '13.5', 'CheckStorageCommitment'),
];
