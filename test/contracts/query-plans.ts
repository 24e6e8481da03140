/** No question that a request asks of the index goes through a table row by row, whichever database answers it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokenRegister } from '../../src/access/token-register.js';
import { textOfDeletion } from '../../src/archive/deletion-records.js';
import {
  addCommitment,
  countUnfinished,
  findCommitment,
  keepProgress,
  leaseCommitment,
  sweepCommitments,
} from '../../src/archive/index/commitment-rows.js';
import { deleteResource } from '../../src/archive/index/delete-resource.js';
import {
  allowAgain,
  deletedKeys,
  findRefusedWith,
  markFinished,
  unfinishedDeletions,
  wasDeleted,
} from '../../src/archive/index/deleted-resources.js';
import { findPath } from '../../src/archive/index/find-path.js';
import type { AttributeMatch, FindQuery, ValueKey } from '../../src/archive/index/find-query.js';
import { IndexWriter } from '../../src/archive/index/index-writer.js';
import { selectKnownBefore } from '../../src/archive/index/known-before.js';
import { selectDeletions } from '../../src/archive/index/known-deletions.js';
import { locateInstances, locateRepresentative, locateSeries } from '../../src/archive/index/locate.js';
import { findReferenced } from '../../src/archive/index/referenced-instances.js';
import { removeInstances } from '../../src/archive/index/remove-instances.js';
import { findKnownFile, isGoneFile, markRestored } from '../../src/archive/index/restored-file.js';
import { search } from '../../src/archive/index/search.js';
import { findFrames } from '../../src/archive/read/frames.js';
import { MetadataReader } from '../../src/archive/read/metadata.js';
import type { Scope } from '../../src/archive/scope.js';
import type { Database } from '../../src/database/database.js';
import { TAG } from '../../src/dicom/attributes.js';
import { LITERAL, parseMatch } from '../../src/dicom/matching.js';
import { parsePersonName } from '../../src/dicom/matching-names.js';
import { fillIndex, syntheticStudy, UID_ROOT } from '../scale/synthetic-index.js';
import { madeUpRecord } from '../support/index-records.js';
import {
  fillDeletions,
  fillTokens,
  fillValues,
  planOf,
  type RecordedIndex,
  recordQueries,
} from '../support/recorded-queries.js';

const STUDIES = 20_000;
const TOKENS = 10_000;
const DELETIONS = 10_000;
/** Tables that grow with the archive. */
const LARGE = new Set([
  ...['token', 'patient', 'study', 'series', 'series_request', 'instance', 'instance_content'],
  ...['series_value', 'instance_value', 'deletion', 'deleted_instance', 'commitment'],
]);

const SCOPES: Readonly<Record<string, Scope>> = {
  everything: { kind: 'everything' },
  'one site': { kind: 'site', siteID: 1_000 },
  'a licence': { kind: 'licence', predicate: { kinds: ['xray', 'ct'], splits: ['training'], siteIDs: [1_000] } },
};

const study = (n: number) => `${UID_ROOT}.${n}`;
const literal = (tag: AttributeMatch['tag'], value: string): AttributeMatch => ({
  tag,
  match: { kind: 'any-of', values: [value] },
});
const searched = (matches: readonly AttributeMatch[], more: Partial<FindQuery> = {}): FindQuery => ({
  level: 'study',
  matches,
  dateTimes: [],
  zoned: [],
  values: [],
  fields: [],
  sequences: [],
  limit: 100,
  offset: 0,
  ...more,
});

function asked(key: string): ValueKey['match'] {
  const match = parseMatch('LO', key);
  if (match.kind === 'universal') throw new Error('The key asks for something.');
  return match;
}

const SEARCHES: Readonly<Record<string, FindQuery>> = {
  PatientID: searched([literal(TAG.PatientID, syntheticStudy(7).patientID)]),
  StudyInstanceUID: searched([literal(TAG.StudyInstanceUID, study(7))]),
  AccessionNumber: searched([literal(TAG.AccessionNumber, 'IX000000007')]),
  'PatientName=SURNAME*': searched([{ tag: TAG.PatientName, match: parsePersonName('IDXNAME007*=') }]),
  'a name that begins so': searched([{ tag: TAG.PatientName, match: parsePersonName('IDXNAME007*') }]),
  'a whole name, of instances': searched(
    [{ tag: TAG.PatientName, match: parsePersonName('IDXNAME007^GIVEN0000007') }],
    { level: 'instance' },
  ),
  'a whole name': searched([{ tag: TAG.PatientName, match: parsePersonName('IDXNAME007^GIVEN0000007') }]),
  '28 days and a modality': searched([
    { tag: TAG.StudyDate, match: { kind: 'between', from: '20100301', to: '20100328' } },
    literal(TAG.ModalitiesInStudy, 'CT'),
  ]),
  'PatientID=*PART*': searched([{ tag: TAG.PatientID, match: parseMatch('LO', '*DX-0000007*') }]),
  'StudyDescription=*PART*': searched([{ tag: TAG.StudyDescription, match: parseMatch('LO', '*study 7*') }]),
  'PatientName=*PART*': searched([{ tag: TAG.PatientName, match: parseMatch('PN', '*ven0000007*') }]),
  'a name, fuzzily': searched([
    { tag: TAG.PatientName, match: parseMatch('PN', 'given0000007 idx', { ...LITERAL, fuzzy: true }) },
  ]),
  'a part, of instances': searched([{ tag: TAG.PatientID, match: parseMatch('LO', '*DX-0000007*') }], {
    level: 'instance',
  }),
  ...Object.fromEntries(
    (['study', 'series', 'instance'] as const).map((level, i) => [
      `an added attribute of level ${level}`,
      searched([], {
        level,
        values: [
          {
            level,
            isInSequence: false,
            keys: [{ attributeID: i + 1, match: { kind: 'any-of', values: ['7'] } }],
          },
        ],
        fields: [{ attributeID: i + 1, level }],
      }),
    ]),
  ),
  'an added attribute by its beginning, of series in all studies': searched([], {
    level: 'series',
    values: [{ level: 'series', isInSequence: false, keys: [{ attributeID: 2, match: asked('7*') }] }],
  }),
  'a day in a time zone': searched([], {
    zoned: [
      {
        dateTag: TAG.StudyDate,
        timeTag: TAG.StudyTime,
        dates: undefined,
        instants: { kind: 'between', from: '20100301000000.000000', to: '20100301235959.999999' },
        times: undefined,
      },
    ],
  }),
  'the list': searched([]),
  'its last page': searched([], { offset: STUDIES - 100 }),
  'series of a study': searched([], { level: 'series', studyInstanceUID: study(7) }),
  'instances of a series': searched([], {
    level: 'instance',
    studyInstanceUID: study(7),
    seriesInstanceUID: `${study(7)}.1`,
  }),
  SOPInstanceUID: searched([literal(TAG.SOPInstanceUID, `${study(7)}.1.3`)], { level: 'instance' }),
};

/** Describe the plans; `open` gives a new and empty index, `settle` lets the database look at what is in it. */
export function describeQueryPlans(
  name: string,
  open: () => Promise<{ readonly database: Database; settle(): Promise<void>; close(): Promise<void> }>,
): void {
  describe(`${name}: what it plans for ${STUDIES} studies`, () => {
    let index: Awaited<ReturnType<typeof open>>;
    let recorded: RecordedIndex;

    beforeAll(async () => {
      index = await open();
      await fillIndex(index.database, STUDIES);
      await fillTokens(index.database, TOKENS);
      await fillDeletions(index.database, DELETIONS);
      await fillValues(index.database);
      await index.settle();
      recorded = recordQueries(index.database);
    }, 120_000);
    afterAll(() => index.close());

    /** The steps that go through a whole table, or through a whole index where no page ends it. */
    const expectIndexes = async (work: (database: Database) => Promise<unknown>): Promise<void> => {
      recorded.take();
      await work(recorded.database);
      const queries = recorded.take();
      expect(queries.length).toBeGreaterThan(0);
      for (const query of queries) {
        // A row that is added is looked up by its keys, which is no matter of plans.
        if (query.sql.startsWith('insert')) continue;
        const steps = await planOf(index.database, query);
        const isPage = / limit /.test(query.sql);
        const wide = steps.filter(
          ({ table, by }) => LARGE.has(table) && (by === 'rows' || (by === 'index' && !isPage)),
        );
        expect(wide, query.sql).toEqual([]);
      }
    };

    for (const [scopeName, scope] of Object.entries(SCOPES)) {
      it.each(Object.entries(SEARCHES))(`T56 searches for ${scopeName} by indexes: %s`, (_, query) =>
        expectIndexes((database) => search(database, scope, query)),
      );

      it(`T56 locates by indexes for ${scopeName}`, () =>
        expectIndexes(async (database) => {
          const path = { studyInstanceUID: study(8) };
          const series = { ...path, seriesInstanceUID: `${study(8)}.1` };
          await locateSeries(database, scope, path);
          await locateSeries(database, scope, series);
          await locateInstances(database, scope, path);
          await locateInstances(database, scope, series);
          await locateInstances(database, scope, { ...series, sopInstanceUID: `${study(8)}.1.2` });
          await locateRepresentative(database, scope, path);
          await wasDeleted(database, scope, path);
          await wasDeleted(database, scope, { ...series, sopInstanceUID: `${study(8)}.1.2` });
          await findReferenced(database, scope, [`${study(8)}.1.2`, `${study(9)}.1.2`]);
        }));
    }

    it('reads what a retrieval needs by indexes', () =>
      expectIndexes(async (database) => {
        const [instance] = await locateInstances(database, { kind: 'everything' }, { studyInstanceUID: study(9) });
        if (instance === undefined) throw new Error('The study is there.');
        await findFrames(database, instance, [1]);
        for await (const _ of new MetadataReader(database).ofInstances([instance], () => 'u').read());
      }));

    it('looks a token up by indexes', () =>
      expectIndexes((database) =>
        new TokenRegister(database).callerOf(
          {
            tokenID: 'token 7',
            subject: 'curator',
            holder: { kind: 'curator' },
            issuedAt: 0,
            expiresAt: 1,
            notBefore: undefined,
          },
          '2026-03-10',
        ),
      ));

    it('stores, restores and removes by indexes', () =>
      expectIndexes(async (database) => {
        const site = { id: 1_000, name: 'Scale', splitPolicy: 50, mayJoinAnyStudy: false } as const;
        const uid = `${UID_ROOT}.new`;
        const record = madeUpRecord({ study: uid, series: `${uid}.1`, instance: `${uid}.1.1`, site, patientID: 'new' });
        await new IndexWriter(database, () => new Date()).add([record]);
        // Built once, and asked past what notes questions down.
        await selectKnownBefore(database).execute();
        const known = await findKnownFile(database.read, record.identity.sopInstanceUID);
        if (known === undefined) throw new Error('The instance is there.');
        await markRestored(database, known);
        await removeInstances(database, [known.rowID]);
      }));

    it('deletes and allows by indexes', () =>
      expectIndexes(async (database) => {
        const site = { id: 1_000, name: 'Scale', splitPolicy: 50, mayJoinAnyStudy: false } as const;
        const uid = `${UID_ROOT}.deleted`;
        const path = { studyInstanceUID: uid, seriesInstanceUID: `${uid}.1`, sopInstanceUID: `${uid}.1.1` };
        const record = madeUpRecord({
          study: uid,
          series: `${uid}.1`,
          instance: `${uid}.1.1`,
          site,
          patientID: 'gone',
        });
        await new IndexWriter(database, () => new Date()).add([record]);
        await findPath(database, { level: 'instance', uid: path.sopInstanceUID });
        await findPath(database, { level: 'series', uid: `${uid}.2` });
        await deleteResource(database, path, { id: 'one', deletedAt: '2026' });
        // Built once, and asked past what notes questions down.
        await selectDeletions(database).execute();
        await unfinishedDeletions(database);
        await deletedKeys(database, 'one');
        await markFinished(database, 'one', '2026');
        await textOfDeletion(database, 'one');
        await isGoneFile(database, record.blobKey);
        await findRefusedWith(database, { level: 'instance', uid: path.sopInstanceUID });
        await findRefusedWith(database, { level: 'series', uid: path.seriesInstanceUID });
        await allowAgain(database, { level: 'instance', uid: path.sopInstanceUID }, '2026');
        await allowAgain(database, { level: 'series', uid: path.seriesInstanceUID }, '2026');
        await allowAgain(database, { level: 'study', uid }, '2026');
      }));

    it('commits by indexes', () =>
      expectIndexes(async (database) => {
        const key = { requester: 'site 1', transactionUID: '1.8' };
        await addCommitment(database, key, { instances: [], requestedAt: '2026' });
        await countUnfinished(database, key.requester);
        const lease = await leaseCommitment(database, { now: '2026', until: '2027' });
        if (lease === undefined) throw new Error('The request is there.');
        await findCommitment(database, key);
        await keepProgress(database, lease, { result: [], until: null, finishedAt: '2026' });
        await sweepCommitments(database, '2019');
      }));
  });
}
