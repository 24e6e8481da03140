/** The limits that the program keeps, and what becomes of what is beyond them. */
import { HEADERS_TIMEOUT_MS, MAX_CONNECTIONS, MAX_HEADER_BYTES, MAX_TARGET_CHARACTERS } from '../../../../src/app.js';
import { MAX_SEARCHED_BYTES } from '../../../../src/archive/admission.js';
import { MAX_INSTANCE_BYTES } from '../../../../src/archive/archive.js';
import {
  MAX_COMMITTED,
  MAX_REMEMBERED,
  MAX_RESULT_BYTES,
  MAX_UNFINISHED,
  REMEMBERED_DAYS,
  RESULT_DAYS,
} from '../../../../src/archive/commitments.js';
import { MOST_HEADER_BYTES } from '../../../../src/archive/header-budget.js';
import { MOST_ATTRIBUTES } from '../../../../src/archive/query-attributes/definitions.js';
import { MOST_CHARACTERS } from '../../../../src/dicom/dicom-json.js';
import { MOST_FRAMES } from '../../../../src/dicom/frame-table.js';
import { MAX_KEY_CHARACTERS } from '../../../../src/dicom/matching.js';
import { PART10_LIMITS } from '../../../../src/dicom/part10-limits.js';
import { MAX_COMMITMENT_BYTES } from '../../../../src/dicomweb/commitment.js';
import { MAXIMUM_CHARACTERS, MAXIMUM_ENTRIES } from '../../../../src/dicomweb/media-type.js';
import { DEFAULT_LIMITS } from '../../../../src/dicomweb/multipart-reader.js';
import { MAX_PARAMETERS } from '../../../../src/dicomweb/query-parameters.js';
import { MAX_FRAMES, MAX_STEPS_BACK } from '../../../../src/dicomweb/retrieve-frames.js';
import { MOST_INSTANCES } from '../../../../src/dicomweb/retrieve-zip.js';
import { MAX_RESULTS } from '../../../../src/dicomweb/search-options.js';
import {
  MAX_INSTANCE_METADATA_BYTES,
  MAX_INSTANCES,
  MAX_METADATA_BYTES,
} from '../../../../src/dicomweb/sent-metadata.js';
import { MAX_BODY_BYTES } from '../../../../src/dicomweb/store-body.js';
import { LINGER_MS } from '../../../../src/dicomweb/unread-body.js';
import { PATIENCE } from '../../../../src/http/patience.js';
import { LARGEST_WRITE_BYTES, WRITE_MS } from '../../../../src/http/write-pieces.js';
import { figure, markdownTable } from '../markdown-table.js';

type Limit = readonly [what: string, value: number, beyond: string];

const CLOSED = 'the connection is closed';

const OF_STORE: readonly Limit[] = [
  ['bytes of a Store request', MAX_BODY_BYTES, '413'],
  ['parts of a Store request', DEFAULT_LIMITS.parts, '413'],
  ['bytes of metadata in a Store request', MAX_METADATA_BYTES, '413'],
  ['bytes of metadata of one instance in a Store request', MAX_INSTANCE_METADATA_BYTES, '413'],
  ['instances with metadata in a Store request', MAX_INSTANCES, '413'],
];

const freeMiB = figure(PART10_LIMITS.freelyInflatedBytes / 1024 ** 2);

const OF_INSTANCES: readonly Limit[] = [
  ['bytes of one instance', MAX_INSTANCE_BYTES, '`A700`'],
  ['depth of sequences', PART10_LIMITS.depth, '`C000`'],
  ['Data Elements of an instance', PART10_LIMITS.elements, '`A700`'],
  ['items of an instance', PART10_LIMITS.items, '`A700`'],
  ['bytes of the File Meta Information', PART10_LIMITS.fileMetaBytes, '`A700`'],
  ['bytes before Pixel Data', PART10_LIMITS.headerBytes, '`A700`'],
  ['bytes of one value but Pixel Data', PART10_LIMITS.valueBytes, '`A700`'],
  ['bytes after Pixel Data', PART10_LIMITS.trailerBytes, '`A700`'],
  ['bytes of a deflated data set, inflated', PART10_LIMITS.inflatedBytes, '`A700`'],
  [`inflated bytes for each deflated one, after the first ${freeMiB} MiB`, PART10_LIMITS.inflationRatio, '`A700`'],
  ['frames of an instance', MOST_FRAMES, '`A900`'],
  ['bytes of a searched value', MAX_SEARCHED_BYTES, '`C000`'],
  ['characters of the metadata of an instance', MOST_CHARACTERS, '`A700`'],
  ['bytes that the headers of all instances under way may hold', MOST_HEADER_BYTES, '`A700`'],
];

const seconds = (milliseconds: number): number => milliseconds / 1_000;

const OF_CONNECTIONS: readonly Limit[] = [
  ['silence of a sender, in seconds', seconds(PATIENCE.silenceMs), CLOSED],
  [`least bytes of a sender in ${seconds(PATIENCE.windowMs)} seconds`, PATIENCE.windowBytes, CLOSED],
  [`seconds in which a reader takes ${figure(LARGEST_WRITE_BYTES)} bytes`, seconds(WRITE_MS), CLOSED],
  ['seconds for the rest of a body that has been answered', seconds(LINGER_MS), CLOSED],
  ['seconds for the header fields of a request', seconds(HEADERS_TIMEOUT_MS), '408'],
  ['connections', MAX_CONNECTIONS, 'closed as they come'],
];

const OF_REQUESTS: readonly Limit[] = [
  ['bytes of the header fields', MAX_HEADER_BYTES, '431'],
  ['characters of path and query', MAX_TARGET_CHARACTERS, '414'],
  ['characters of an Accept', MAXIMUM_CHARACTERS, '400'],
  ['media types of an Accept', MAXIMUM_ENTRIES, '400'],
  ['parameters of a query', MAX_PARAMETERS, '400'],
  ['characters of a key that is not a UID list', MAX_KEY_CHARACTERS, '400'],
  ['results of a search', MAX_RESULTS, 'paged'],
  ['attributes that curators add', MOST_ATTRIBUTES, '409'],
  ['instances of a zip', MOST_INSTANCES, '413'],
  ['frames of one request', MAX_FRAMES, '400'],
  ['steps back in the frames asked for of a deflated instance', MAX_STEPS_BACK, '400'],
  ['instances of a request for commitment', MAX_COMMITTED, '413'],
  ['bytes of a request for commitment', MAX_COMMITMENT_BYTES, '413'],
  ['requests for commitment of a site that wait', MAX_UNFINISHED, '503'],
  ['days for which a result of commitment is kept', RESULT_DAYS, '410'],
  ['bytes of the results of a site that are kept, the newest first', MAX_RESULT_BYTES, '410'],
  ['days for which a request for commitment is remembered', REMEMBERED_DAYS, '404'],
  ['requests for commitment of a site that are remembered, the newest first', MAX_REMEMBERED, '404'],
];

export const limitValues = () => ({
  limits: markdownTable(
    ['limit', 'value', 'beyond it'],
    [...OF_STORE, ...OF_INSTANCES, ...OF_CONNECTIONS, ...OF_REQUESTS].map(([what, value, beyond]) => [
      what,
      figure(value),
      beyond,
    ]),
  ),
});
