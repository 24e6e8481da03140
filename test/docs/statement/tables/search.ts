/** What searches go by: attributes of each level, parameters, VRs with their ways of matching. */

import { MAX_SEARCHED_BYTES } from '../../../../src/archive/admission.js';
import { MAX_REQUESTS_BYTES, MAX_SEARCHED_REQUESTS } from '../../../../src/archive/index/answered-attributes.js';
import { MAX_ANSWERED_BYTES, MAX_VALUES } from '../../../../src/archive/query-attributes/attribute-values.js';
import { MOST_ATTRIBUTES } from '../../../../src/archive/query-attributes/definitions.js';
import { SEARCHED_VRS } from '../../../../src/archive/query-attributes/query-attribute.js';
import { tagText } from '../../../../src/dicom/data-set.js';
import { findDictionaryEntry } from '../../../../src/dicom/dictionary.js';
import { MAX_UIDS, MULTIPLE_VALUE_VRS, WILDCARD_VRS } from '../../../../src/dicom/matching.js';
import { MAX_WORDS } from '../../../../src/dicom/matching-fuzzy-names.js';
import {
  type QueryLevel,
  queryableAttributesOf,
  REQUEST_ATTRIBUTES,
} from '../../../../src/dicom/queryable-attributes.js';
import { MAX_RESULTS, SEARCH_OPTIONS } from '../../../../src/dicomweb/search-options.js';
import { codes, figure, markdownTable } from '../markdown-table.js';

const RETURNED = { always: 'always', 'if-known': 'if known', 'on-request': 'on request' } as const;

export const searchValues = () => ({
  'study-attributes': attributesTable('study'),
  'series-attributes': attributesTable('series'),
  'instance-attributes': attributesTable('instance'),
  'request-attributes': REQUEST_ATTRIBUTES.map(
    (tag) => `${findDictionaryEntry(tag)?.keyword} ${parenthesised(tag)}`,
  ).join(' and '),
  'request-items': figure(MAX_SEARCHED_REQUESTS),
  'request-items-kib': figure(MAX_REQUESTS_BYTES / 1024),
  'search-parameters': codes(SEARCH_OPTIONS),
  'wildcard-vrs': [...WILDCARD_VRS].join(', '),
  'multiple-value-vrs': [...MULTIPLE_VALUE_VRS].join(', '),
  'most-results': figure(MAX_RESULTS),
  'most-uids': figure(MAX_UIDS),
  'most-words': figure(MAX_WORDS),
  'most-added-attributes': figure(MOST_ATTRIBUTES),
  'added-vrs': [...SEARCHED_VRS].join(', '),
  'searched-bytes': figure(MAX_SEARCHED_BYTES),
  'added-values': figure(MAX_VALUES),
  'added-answered-kib': figure(MAX_ANSWERED_BYTES / 1024),
});

const attributesTable = (level: QueryLevel): string =>
  markdownTable(
    ['tag', 'keyword', 'VR', 'matched', 'returned', 'from'],
    queryableAttributesOf(level).map(({ tag, keyword, vr, isMatched, returned, isComputed }) => [
      parenthesised(tag),
      keyword,
      vr,
      isMatched ? 'yes' : 'no',
      RETURNED[returned],
      isComputed ? 'computed' : 'instance',
    ]),
  );

const parenthesised = (tag: number): string => tagText(tag).replace(/^(.{4})(.{4})$/, '($1,$2)');
