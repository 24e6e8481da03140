import { describe, expect, it } from 'vitest';
import { MAXIMUM_LIFETIME_SECONDS } from '../../src/access/claims.js';
import { PERMISSIONS } from '../../src/access/permissions.js';
import { MAX_COMMITTED, RESULT_DAYS } from '../../src/archive/commitments.js';
import { tagText } from '../../src/dicom/data-set.js';
import { MOST_FRAMES } from '../../src/dicom/frame-table.js';
import { PART10_LIMITS } from '../../src/dicom/part10-limits.js';
import { type QueryLevel, queryableAttributesOf } from '../../src/dicom/queryable-attributes.js';
import { STORAGE_SOP_CLASS_TABLE } from '../../src/dicom/sop-classes.data.js';
import { findTransferSyntax } from '../../src/dicom/transfer-syntaxes.js';
import { MAX_COMMITMENT_BYTES } from '../../src/dicomweb/commitment.js';
import { MOST_INSTANCES } from '../../src/dicomweb/retrieve-zip.js';
import { ROUTES } from '../../src/dicomweb/routes.js';
import { MAX_RESULTS } from '../../src/dicomweb/search-options.js';
import { MAX_INSTANCE_METADATA_BYTES, MAX_INSTANCES, MAX_METADATA_BYTES } from '../../src/dicomweb/sent-metadata.js';
import { MAX_BODY_BYTES } from '../../src/dicomweb/store-body.js';
import { readDocument, sectionOf, tableOf } from './markdown.js';

const document = readDocument('docs/conformance-statement.md');

const RETURNED = { always: 'always', 'if-known': 'if known', 'on-request': 'on request' } as const;
const HEADINGS: Readonly<Record<QueryLevel, string>> = {
  study: '### Study attributes †',
  series: '### Series attributes †',
  instance: '### Instance attributes †',
};

const parenthesised = (tag: string): string => `(${tag.slice(0, 4)},${tag.slice(4)})`;

/**
 * Every transfer syntax that the program knows: it offers none but by UID, so each UID is tried that the branch of transfer
 * syntaxes (1.2.840.10008.1.2, three arcs deep at most) can have.
 */
function knownTransferSyntaxes() {
  const root = '1.2.840.10008.1.2';
  const arcs = (most: number): readonly string[] => ['', ...Array.from({ length: most }, (_, i) => `.${i + 1}`)];
  const uids = arcs(20).flatMap((first) =>
    first === '' ? [root] : arcs(300).flatMap((second) => deeper(`${root}${first}`, second)),
  );
  return uids.flatMap((uid) => findTransferSyntax(uid) ?? []);

  function deeper(parent: string, second: string): readonly string[] {
    return second === '' ? [parent] : arcs(10).map((third) => `${parent}${second}${third}`);
  }
}

describe('docs/conformance-statement.md', () => {
  it('lists every route with its section and permission, and no other', () => {
    expect(tableOf(document, 'method', 'path', 'PS3.18', 'permission')).toEqual(
      ROUTES.map(({ method, template, section, permission }) => [method, template, section, permission]),
    );
  });

  it.each(['study', 'series', 'instance'] as const)('lists every attribute of the %s level, and no other', (level) => {
    const listed = tableOf(sectionOf(document, HEADINGS[level]), 'tag', 'keyword', 'VR', 'matched', 'returned', 'from');
    expect(listed).toEqual(
      queryableAttributesOf(level).map(({ tag, keyword, vr, isMatched, returned, isComputed }) => [
        parenthesised(tagText(tag)),
        keyword,
        vr,
        isMatched ? 'yes' : 'no',
        RETURNED[returned],
        isComputed ? 'computed' : 'instance',
      ]),
    );
  });

  it('lists every transfer syntax with the media type of its frames, and no other', () => {
    const rows = knownTransferSyntaxes().map(({ uid, name, mediaType = '–' }) => [uid, name, mediaType]);
    const listed = tableOf(document, 'UID', 'name', 'frame');
    expect(rows.length).toBeGreaterThan(4);
    expect([...listed].sort()).toEqual([...rows].sort());
  });

  it('lists what each kind of token permits', () => {
    const listed = tableOf(document, 'token †', 'permissions').map(([kind, permissions]) => [kind, permissions]);
    expect(listed).toEqual(Object.entries(PERMISSIONS).map(([kind, names]) => [kind, names.join(' ')]));
  });

  it('counts the Storage SOP Classes', () => {
    expect(document).toContain(`All ${STORAGE_SOP_CLASS_TABLE.trim().split('\n').length} Storage SOP Classes`);
  });

  it('tells the limits that the program keeps', () => {
    const listed = new Map(tableOf(document, 'limit', 'value').map(([limit = '', value = '']) => [limit, value]));
    const expected = {
      'bytes of a Store request': MAX_BODY_BYTES,
      'bytes of metadata in a Store request': MAX_METADATA_BYTES,
      'bytes of metadata of one instance in a Store request': MAX_INSTANCE_METADATA_BYTES,
      'instances with metadata in a Store request': MAX_INSTANCES,
      'depth of sequences': PART10_LIMITS.depth,
      'Data Elements of an instance': PART10_LIMITS.elements,
      'items of an instance': PART10_LIMITS.items,
      'bytes of the File Meta Information': PART10_LIMITS.fileMetaBytes,
      'bytes before Pixel Data': PART10_LIMITS.headerBytes,
      'bytes of one value but Pixel Data': PART10_LIMITS.valueBytes,
      'bytes after Pixel Data': PART10_LIMITS.trailerBytes,
      'bytes of a deflated data set, inflated': PART10_LIMITS.inflatedBytes,
      'inflated bytes for each deflated one, after the first 16 MiB': PART10_LIMITS.inflationRatio,
      'frames of an instance': MOST_FRAMES,
      'results of a search': MAX_RESULTS,
      'instances of a zip': MOST_INSTANCES,
      'instances of a request for commitment': MAX_COMMITTED,
      'bytes of a request for commitment': MAX_COMMITMENT_BYTES,
      'days for which a result of commitment is kept': RESULT_DAYS,
    };
    const told = Object.keys(expected).map((limit) => [limit, listed.get(limit)]);
    expect(told).toEqual(Object.entries(expected).map(([limit, value]) => [limit, value.toLocaleString('en')]));
    expect(PART10_LIMITS.freelyInflatedBytes).toBe(16 * 1024 * 1024);
    expect(document).toContain(`at\nmost ${MAXIMUM_LIFETIME_SECONDS / 86_400} days`);
  });
});
