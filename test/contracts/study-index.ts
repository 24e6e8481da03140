/** What the index keeps to, whatever database it is in: one suite, run for each. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FindQuery } from '../../src/archive/index/find-query.js';
import type { StoringSite } from '../../src/archive/index/index-record.js';
import { type Indexed, IndexWriter } from '../../src/archive/index/index-writer.js';
import { removeInstances } from '../../src/archive/index/remove-instances.js';
import { search } from '../../src/archive/index/search.js';
import type { Scope } from '../../src/archive/scope.js';
import type { Database } from '../../src/database/database.js';
import { TAG } from '../../src/dicom/attributes.js';
import type { Tag } from '../../src/dicom/data-set.js';
import { parseMatch } from '../../src/dicom/matching.js';
import type { VR } from '../../src/dicom/vr.js';
import { madeUpRecord } from '../support/index-records.js';
import { someScope } from '../support/some-scope.js';

export interface StudyIndexUnderTest {
  readonly database: Database;
  /** The same index, as another node has it. */
  readonly another: Database;
  readonly close: () => Promise<void>;
}

const now = (): Date => new Date('2026-03-10T12:00:00Z');
const WRITERS = 32;

const outcomesOf = (indexed: readonly Indexed[]): string[] => indexed.map(({ outcome }) => outcome);

/** Describe the promises of the index; `open` gives a new and empty one. */
export function describeStudyIndex(name: string, open: () => Promise<StudyIndexUnderTest>): void {
  const opened = async (): Promise<StudyIndexUnderTest> => {
    const index = await open();
    onTestFinished(index.close);
    return index;
  };
  describe(`${name} as the index`, () => {
    describeText(opened);
    describeNumbers(opened);
    describeWriting(opened);
    describeNodes(opened);
    describeListing(opened);
    describeParts(opened);
  });
}

type Open = () => Promise<StudyIndexUnderTest>;

async function addSite(database: Database, name: string, splitPolicy: StoringSite['splitPolicy'] = 'training') {
  const row = { name, split_policy: String(splitPolicy), created_at: now().toISOString() };
  const { id } = await database.write((tx) =>
    tx.insertInto('site').values(row).returning('id').executeTakeFirstOrThrow(),
  );
  return { id, name, splitPolicy, mayJoinAnyStudy: false } satisfies StoringSite;
}

function describeText(open: Open): void {
  describe('text', () => {
    const texts = [
      '',
      'A',
      'B',
      'Z',
      'a',
      'b',
      'z',
      'ab',
      'Ä',
      'ä',
      'é',
      '\u00e9\u0301',
      'ß',
      'あ',
      '山',
      '\u{1f600}',
      '%',
      '_',
      '~',
    ];
    const byBytes = [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

    it('is ordered by its bytes', async () => {
      const { database } = await open();
      for (const text of texts) await addSite(database, text);
      const rows = await database.read.selectFrom('site').select('name').orderBy('name').execute();
      expect(rows.map(({ name }) => name)).toEqual(byBytes);
    });

    it('is compared by its bytes, in ranges and prefixes', async () => {
      const { database } = await open();
      for (const text of texts) await addSite(database, text);
      for (const from of texts) {
        for (const to of texts) {
          const rows = await database.read
            .selectFrom('site')
            .select('name')
            .where('name', '>=', from)
            .where('name', '<', to)
            .orderBy('name')
            .execute();
          const expected = byBytes.slice(byBytes.indexOf(from), Math.max(byBytes.indexOf(from), byBytes.indexOf(to)));
          expect(rows.map(({ name }) => name)).toEqual(expected);
        }
      }
    });

    it('is matched by case and by character, in reads, searches and writes', async () => {
      const { database } = await open();
      for (const text of texts) await addSite(database, text);
      const like = (pattern: string) => sql<{ name: string }>`
        select name from site where name like ${pattern} escape '\\' order by name
      `;
      const matched = async (pattern: string): Promise<readonly (readonly string[])[]> =>
        Promise.all([
          like(pattern).execute(database.read),
          like(pattern).execute(database.search),
          database.write((tx) => like(pattern).execute(tx)),
        ]).then((answers) => answers.map(({ rows }) => rows.map(({ name }) => name)));
      for (const [pattern, expected] of [
        ['A%', ['A']],
        ['a%', ['a', 'ab']],
        ['_', byBytes.filter((text) => [...text].length === 1)],
        ['\\%', ['%']],
        ['\\_', ['_']],
      ] as const) {
        expect(await matched(pattern)).toEqual([expected, expected, expected]);
      }
    });
  });
}

function describeNumbers(open: Open): void {
  it('gives ids, counts, sums and sizes beyond 32 bits as numbers, and bytes as they were', async () => {
    const { database } = await open();
    const site = await addSite(database, 'Leeds');
    const record = madeUpRecord({ study: '1.2', series: '1.2.1', instance: '1.2.1.1', site });
    const { description } = record;
    const content = { ...description.content, metadata: Buffer.from([0, 1, 254, 255]) };
    await new IndexWriter(database, now).add([{ ...record, description: { ...description, content } }]);
    const row = await database.read
      .selectFrom('instance')
      .innerJoin('instance_content', 'instance_row_id', 'instance.id')
      .innerJoin('series', 'series.id', 'series_row_id')
      .select(['instance.id', 'size_bytes', 'crc32', 'instance_order', 'metadata'])
      .select((eb) => [eb.fn<number>('length', ['metadata']).as('bytes')])
      .executeTakeFirstOrThrow();
    const { count, sum } = await database.read
      .selectFrom('series')
      .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.sum<number>('instance_count').as('sum')])
      .executeTakeFirstOrThrow();
    expect(row).toEqual({
      id: 1,
      size_bytes: 5_000_000_000,
      crc32: 4_294_967_295,
      instance_order: Number.MAX_SAFE_INTEGER,
      metadata: Buffer.from([0, 1, 254, 255]),
      bytes: 4,
    });
    expect([count, sum]).toEqual([1, 1]);
  });
}

function describeWriting(open: Open): void {
  describe('a transaction', () => {
    it('leaves nothing when it fails', async () => {
      const { database } = await open();
      const failing = database.write(async (tx) => {
        await tx.insertInto('site').values({ name: 'x', split_policy: '50', created_at: '' }).execute();
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow('changed my mind');
      expect(await database.read.selectFrom('site').selectAll().execute()).toEqual([]);
    });

    it('is alone while it writes, whichever node it is on', async () => {
      const { database, another } = await open();
      await addSite(database, 'counter', 0);
      const increment = (node: Database): Promise<unknown> =>
        node.write(async (tx) => {
          const { split_policy } = await tx.selectFrom('site').select('split_policy').executeTakeFirstOrThrow();
          await new Promise((resolve) => setTimeout(resolve, 1));
          await tx
            .updateTable('site')
            .set({ split_policy: String(Number(split_policy) + 1) })
            .execute();
        });
      await Promise.all(Array.from({ length: WRITERS }, (_, n) => increment(n % 2 === 0 ? database : another)));
      const row = await database.read.selectFrom('site').select('split_policy').executeTakeFirstOrThrow();
      expect(row.split_policy).toBe(String(WRITERS));
    });

    it('is seen by the other node as soon as it is written', async () => {
      const { database, another } = await open();
      for (let n = 0; n < 20; n++) {
        await addSite(n % 2 === 0 ? database : another, `site ${n}`);
        const other = n % 2 === 0 ? another : database;
        expect(await other.read.selectFrom('site').select('id').execute()).toHaveLength(n + 1);
        expect(await other.search.selectFrom('site').select('id').execute()).toHaveLength(n + 1);
      }
    });
  });
}

function describeNodes(open: Open): void {
  describe('two nodes', () => {
    it('F24 tell one of many that the same instance is stored, and all others that it is already', async () => {
      const { database, another } = await open();
      const site = await addSite(database, 'Leeds');
      const writers = [new IndexWriter(database, now), new IndexWriter(another, now)];
      const record = madeUpRecord({ study: '1.2', series: '1.2.1', instance: '1.2.1.1', site });
      const outcomes = await Promise.all(Array.from({ length: WRITERS }, (_, n) => writers[n % 2]?.add([record])));
      const told = outcomesOf(outcomes.flatMap((each) => each ?? [])).sort();
      expect(told).toEqual([...Array.from({ length: WRITERS - 1 }, () => 'already-stored'), 'stored']);
      expect(await database.read.selectFrom('instance').select('id').execute()).toHaveLength(1);
    });

    it('F25 let exactly one of many conflicting instances in', async () => {
      const { database, another } = await open();
      const site = await addSite(database, 'Leeds');
      const writers = [new IndexWriter(database, now), new IndexWriter(another, now)];
      const records = Array.from({ length: WRITERS }, (_, n) =>
        madeUpRecord({ study: '1.2', series: '1.2.1', instance: '1.2.1.1', site, content: `content ${n}` }),
      );
      const outcomes = await Promise.all(records.map((record, n) => writers[n % 2]?.add([record])));
      const told = outcomesOf(outcomes.flatMap((each) => each ?? [])).sort();
      expect(told).toEqual([...Array.from({ length: WRITERS - 1 }, () => 'duplicate'), 'stored']);
      const winner = await database.read.selectFrom('instance').select('sha256').executeTakeFirstOrThrow();
      expect(records.map(({ sha256 }) => sha256)).toContain(winner.sha256);
    });

    it('give a new series to one study, and a new study to one patient and one site', async () => {
      const { database, another } = await open();
      const sites = [await addSite(database, 'Leeds'), await addSite(database, 'York')] as const;
      const nodes = [new IndexWriter(database, now), new IndexWriter(another, now)] as const;
      for (let n = 0; n < 10; n++) {
        const study = `1.2.${n}`;
        const made = (node: 0 | 1, more: { study?: string; patientID?: string }) =>
          nodes[node].add([
            madeUpRecord({ study, series: `${study}.1`, instance: `${study}.1.${node}`, site: sites[node], ...more }),
          ]);
        const both = await Promise.all([made(0, {}), made(1, { patientID: 'P2' })]);
        expect(outcomesOf(both.flat()).sort()).toEqual(['misfit', 'stored']);
        const third = await nodes[0].add([
          madeUpRecord({ study: `1.3.${n}`, series: `${study}.1`, instance: `1.3.${n}.1`, site: sites[0] }),
        ]);
        expect(third).toEqual([{ outcome: 'misfit' }]);
      }
    });
  });
}

const KIND_MODALITIES = ['CT', 'DX', 'CR', 'MR', 'US', null] as const;
const DATES = ['', '19991231', '20000101', '20000131', '20000201', '20200315', '20200316'];

interface ListedStudy {
  readonly studyInstanceUID: string;
  readonly seriesCount: number;
  readonly instanceCount: number;
  readonly modalities: readonly string[];
}

/** What is to be listed, asked row by row: a study whose series, one of them at least, are visible. */
async function expectedList(database: Database, scope: Scope): Promise<readonly ListedStudy[]> {
  const rows = await database.read
    .selectFrom('series')
    .innerJoin('study', 'study.id', 'series.study_row_id')
    .select(['study.id', 'study_instance_uid', 'study_date', 'kind', 'modality', 'instance_count'])
    .select(['series.split', 'series.site_id'])
    .execute();
  const isVisible = ({ kind, split, site_id: siteID }: (typeof rows)[number]): boolean => {
    switch (scope.kind) {
      case 'everything':
        return true;
      case 'nothing':
        return false;
      case 'site':
        return siteID === scope.siteID;
      case 'licence': {
        const { kinds, splits, siteIDs } = scope.predicate;
        return kinds.includes(kind) && splits.includes(split) && (siteIDs?.includes(siteID) ?? true);
      }
    }
  };
  const visible = rows.filter(isVisible);
  const studies = new Map(visible.map((row) => [row.study_instance_uid, row]));
  return [...studies.values()]
    .sort((a, b) => (a.study_date === b.study_date ? b.id - a.id : a.study_date < b.study_date ? 1 : -1))
    .map(({ study_instance_uid: studyInstanceUID }) => {
      const series = visible.filter((row) => row.study_instance_uid === studyInstanceUID);
      const modalities = new Set(series.flatMap(({ modality }) => modality ?? []));
      return {
        studyInstanceUID,
        seriesCount: series.length,
        instanceCount: series.reduce((sum, row) => sum + row.instance_count, 0),
        modalities: [...modalities].sort(),
      };
    });
}

const listing = (limit: number, offset: number): FindQuery => ({
  level: 'study',
  matches: [],
  dateTimes: [],
  zoned: [],
  values: [],
  fields: [],
  sequences: [],
  limit,
  offset,
});

function describeListing(open: Open): void {
  describe('the list of studies', () => {
    it('T16 T17 T19 holds what the Scope shows, in order, on every page, after whatever was stored and removed', async () => {
      const { database, another } = await open();
      const sites = [await addSite(database, 'Leeds', 50), await addSite(another, 'York', 50)] as const;
      const writers = [new IndexWriter(database, now), new IndexWriter(another, now)] as const;
      const made = fc.record({
        node: fc.constantFrom<0 | 1>(0, 1),
        study: fc.nat(12),
        series: fc.nat(3),
        instance: fc.nat(2),
        modality: fc.constantFrom(...KIND_MODALITIES),
        date: fc.constantFrom(...DATES),
      });
      const steps = fc.array(fc.oneof({ weight: 6, arbitrary: made }, { weight: 1, arbitrary: fc.nat() }), {
        minLength: 5,
        maxLength: 25,
      });
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(
          steps,
          someScope(sites.map(({ id }) => id)),
          fc.integer({ min: 1, max: 5 }),
          async (all, scope, pageLength) => {
            runs += 1;
            for (const step of all) {
              if (typeof step === 'number') await removeSome(database, step);
              else {
                const study = `1.2.${runs % 3}.${step.study}`;
                const series = `${study}.${step.series}`;
                await writers[step.node].add([
                  madeUpRecord({
                    study,
                    series,
                    instance: `${series}.${step.instance}`,
                    site: sites[step.study % 2 === 0 ? 0 : 1],
                    modality: step.modality,
                    studyDate: step.date,
                    patientID: `P${step.study}`,
                  }),
                ]);
              }
            }
            await expectCounts(database);
            const expected = await expectedList(database, scope);
            for (let offset = 0; offset <= expected.length + pageLength; offset += pageLength) {
              const { entities, remaining } = await search(another, scope, listing(pageLength, offset));
              const listed = entities.map(({ study: { attributes: _, rowID: __, ...study } }) => study);
              expect(listed).toEqual(expected.slice(offset, offset + pageLength));
              expect(remaining).toBe(Math.max(0, expected.length - offset - listed.length));
            }
          },
        ),
        { numRuns: 25 },
      );
    });
  });
}

function describeParts(open: Open): void {
  describe('parts of texts', () => {
    const part = (tag: Tag, vr: VR, key: string): FindQuery => ({
      ...listing(10, 0),
      matches: [{ tag, match: parseMatch(vr, key) }],
    });

    it('MA-22 are found as the texts are now, and no longer when they are gone', async () => {
      const { database } = await open();
      const site = await addSite(database, 'Leeds');
      const writer = new IndexWriter(database, now);
      const make = (n: number) =>
        madeUpRecord({
          study: `1.2.${n}`,
          series: `1.2.${n}.1`,
          instance: `1.2.${n}.1.1`,
          site,
          patientID: `ID-${n}-"x"`,
          patientName: `smith${n}^anna maria`,
        });
      await writer.add([make(1), make(2)]);
      const found = async (query: FindQuery): Promise<readonly string[]> =>
        (await search(database, { kind: 'everything' }, query)).entities.map(({ study }) => study.studyInstanceUID);
      const byID = part(TAG.PatientID, 'LO', '*-1-"*');
      const byName = part(TAG.PatientName, 'PN', '*mith1^anna m*');
      expect([await found(byID), await found(byName)]).toEqual([['1.2.1'], ['1.2.1']]);

      await database.write((tx) =>
        tx
          .updateTable('study')
          .set({ patient_name: 'jones1^anna maria' })
          .where('study_instance_uid', '=', '1.2.1')
          .execute(),
      );
      expect([await found(byID), await found(byName)]).toEqual([['1.2.1'], []]);
      expect(await found(part(TAG.PatientName, 'PN', '*nes1^a*'))).toEqual(['1.2.1']);

      const rows = await database.read
        .selectFrom('instance')
        .select('id')
        .where('sop_instance_uid', '=', '1.2.1.1.1')
        .execute();
      await removeInstances(
        database,
        rows.map(({ id }) => id),
      );
      expect([await found(byID), await found(part(TAG.PatientID, 'LO', '*-2-"*'))]).toEqual([[], ['1.2.2']]);
    });
  });
}

/** Remove every third instance, from the `n`th on. */
async function removeSome(database: Database, n: number): Promise<void> {
  const rows = await database.read.selectFrom('instance').select('id').orderBy('id').execute();
  await removeInstances(
    database,
    rows.filter((_, i) => (i + n) % 3 === 0).map(({ id }) => id),
  );
}

/** The counts that are kept are those that a count gives. */
async function expectCounts(database: Database): Promise<void> {
  const { rows } = await sql<Record<string, unknown>>`
    select month, site_id, split, modality_bits, sum(studies) as studies from (
      select month, site_id, split, modality_bits, studies from study_month
      union all
      select substr(study_date, 1, 6), site_id, split, (
        select coalesce(sum(bit), 0) from (
          select distinct case modality when 'CR' then 1 when 'DX' then 2 when 'CT' then 4 when 'MR' then 8 else 16 end as bit
          from series where study_row_id = study.id
        ) as bits
      ), -1 from study
    ) as both_counts
    group by month, site_id, split, modality_bits
    having sum(studies) <> 0
  `.execute(database.read);
  expect(rows).toEqual([]);
}
