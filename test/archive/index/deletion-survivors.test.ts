/** Whatever is deleted of a study: the index tells what is left as if nothing else had ever been stored. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenArchive, openArchive } from '../../../src/archive/open-archive.js';
import { addQueryAttribute } from '../../../src/archive/query-attributes/definitions.js';
import { defineAttribute } from '../../../src/archive/query-attributes/query-attribute.js';
import type { Scope } from '../../../src/archive/scope.js';
import { dataSetOfKeywords } from '../../../src/dicom/build-data-set.js';
import { silentLog } from '../../../src/log.js';
import { type Attributes, ctFile } from '../../support/part10.js';
import { newPlaces, type TestPlaces } from '../../support/test-places.js';

const EVERYTHING: Scope = { kind: 'everything' };
const STUDY = { studyInstanceUID: '1.2.3' };
const seriesPath = (series: number) => ({ ...STUDY, seriesInstanceUID: `1.2.3.${series}` });

interface Slot {
  readonly series: 1 | 2;
  readonly number: number;
  readonly attributes: Attributes;
}

const pathOf = ({ series, number }: Slot) => ({ ...seriesPath(series), sopInstanceUID: `1.2.3.${series}.${number}` });
const fileOf = (slot: Slot): Buffer => {
  const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = pathOf(slot);
  return ctFile({
    ...slot.attributes,
    StudyInstanceUID: studyInstanceUID,
    SeriesInstanceUID: seriesInstanceUID,
    SOPInstanceUID: sopInstanceUID,
  });
};

const request = fc.record({
  ScheduledProcedureStepID: fc.constantFrom('STEP1', 'STEP2', undefined),
  RequestedProcedureID: fc.constantFrom('', 'Straße 5', undefined),
});
const inUnicode = fc.record({
  SpecificCharacterSet: fc.constant('ISO_IR 192'),
  PatientName: fc.constantFrom('Real^Name', 'Yamada^Tarou=山田^太郎=やまだ^たろう', '', undefined),
  ReferringPhysicianName: fc.constantFrom('Müller^Anna', undefined),
  StudyDescription: fc.constantFrom('CT Thorax', 'Thorax \\ Abdomen', '胸部', undefined),
  SeriesDescription: fc.constantFrom('Lung', 'of Real Name', undefined),
});
const inLatin1 = fc.record({
  SpecificCharacterSet: fc.constant('ISO_IR 100'),
  PatientName: fc.constantFrom(Buffer.from('M\xfcller^Jos\xe9 ', 'latin1')),
  SeriesDescription: fc.constantFrom(Buffer.from('Stra\xdfe', 'latin1'), undefined),
});
const attributes = fc
  .tuple(
    fc.oneof(inUnicode, inLatin1),
    fc.record({
      StudyDate: fc.constantFrom('20200401', '20210302', 'unknown', undefined),
      StudyTime: fc.constantFrom('101500', '101500.25', undefined),
      TimezoneOffsetFromUTC: fc.constantFrom('+0100', undefined),
      AccessionNumber: fc.constantFrom('A1', undefined),
      PatientBirthDate: fc.constantFrom('19500101', undefined),
      SeriesNumber: fc.constantFrom('007', 12, 'four', undefined),
      Manufacturer: fc.constantFrom('SIEMENS', undefined),
      ProtocolName: fc.constantFrom('of Real Name', 'Chest', undefined),
      PatientComments: fc.constantFrom('Real Name', undefined),
      RequestAttributesSequence: fc.option(
        fc.array(request, { maxLength: 3 }).map((items) => items.map(dataSetOfKeywords)),
        { nil: undefined },
      ),
    }),
  )
  .map(([texts, others]): Attributes => ({ ...texts, ...others }));

const slots = fc
  .array(fc.record({ series: fc.constantFrom(1 as const, 2 as const), attributes }), { minLength: 2, maxLength: 5 })
  .map((all) => all.map((slot, index): Slot => ({ ...slot, number: index + 1 })));

let places: TestPlaces;
let opened: OpenArchive;
let site: Scope;

beforeAll(async () => {
  places = await newPlaces();
  opened = await openArchive(places.places, { log: silentLog, now: () => new Date() });
  const row = { name: 'Leeds', split_policy: 'training', created_at: '2020-04-01T00:00:00.000Z' };
  const { id } = await opened.database.write((tx) =>
    tx.insertInto('site').values(row).returning('id').executeTakeFirstOrThrow(),
  );
  site = { kind: 'site', siteID: id };
  for (const definition of [
    { attribute: 'ProtocolName', level: 'series' },
    { attribute: 'PatientComments', level: 'study' },
    { attribute: 'ProtocolName', level: 'instance' },
  ].map(defineAttribute)) {
    await addQueryAttribute(opened.database, definition, new Date());
  }
});
afterAll(async () => {
  await opened.close();
  await places.drop();
});

async function store(all: readonly Slot[]): Promise<void> {
  for (const slot of all) {
    const { outcomes } = await opened.archive.as(site).store({
      expectedStudy: undefined,
      parts: (async function* () {
        yield (async function* () {
          yield fileOf(slot);
        })();
      })(),
    });
    expect(outcomes).toMatchObject([{ outcome: 'stored' }]);
  }
}

/** All that searches look at, by UIDs. */
async function searched(): Promise<unknown> {
  const { read } = opened.database;
  const series = await read.selectFrom('series').selectAll().orderBy('series_instance_uid').execute();
  const instances = await read.selectFrom('instance').selectAll().orderBy('sop_instance_uid').execute();
  const uids = new Map(series.map((row) => [row.id, row.series_instance_uid]));
  const sopUIDs = new Map(instances.map((row) => [row.id, row.sop_instance_uid]));
  const values = async (table: 'series_value' | 'instance_value', names: ReadonlyMap<number, string>) =>
    (await read.selectFrom(table).selectAll().execute())
      .map(({ row_id: rowID, ...value }) => JSON.stringify({ uid: names.get(rowID), ...value }, undefined, 1))
      .sort();
  const requests = await read.selectFrom('series_request').selectAll().orderBy('item_index').execute();
  const [study] = await read.selectFrom('study').selectAll().execute();
  return {
    study: { ...study, id: 0, patient_row_id: 0, stored_at: '' },
    series: series.map((row) => ({ ...row, id: 0, study_row_id: 0, removals: 0 })),
    requests: series.map(({ id }) =>
      requests.filter((row) => row.series_row_id === id).map((row) => ({ ...row, series_row_id: 0 })),
    ),
    values: [await values('series_value', uids), await values('instance_value', sopUIDs)],
    months: await read.selectFrom('study_month').selectAll().where('studies', '>', 0).execute(),
  };
}

async function forget(): Promise<void> {
  await opened.archive.as(EVERYTHING).delete(STUDY, 'test');
  await opened.archive.deletions.allow({ level: 'study', uid: STUDY.studyInstanceUID });
}

const without = fc.oneof(
  fc.record({ level: fc.constant('instance' as const), taken: fc.infiniteStream(fc.boolean()) }),
  fc.record({ level: fc.constant('series' as const), series: fc.constantFrom(1, 2) }),
);

describe('what is left of a study', () => {
  it('ST-04 is told in the index by its own first instances, and by nothing of what was deleted', async () => {
    await fc.assert(
      fc.asyncProperty(slots, without, async (all, deleted) => {
        const taken = deleted.level === 'instance' ? [...deleted.taken.take(all.length)] : [];
        const isTaken = (slot: Slot): boolean =>
          deleted.level === 'instance' ? (taken[slot.number - 1] ?? false) : slot.series === deleted.series;
        const left = all.filter((slot) => !isTaken(slot));
        fc.pre(left.length > 0 && left.length < all.length);
        await store(all);
        const archive = opened.archive.as(EVERYTHING);
        if (deleted.level === 'series') await archive.delete(seriesPath(deleted.series), 'test');
        else for (const slot of all.filter(isTaken)) await archive.delete(pathOf(slot), 'test');
        const told = await searched();
        await forget();
        await store(left);
        const expected = await searched();
        await forget();
        expect(told).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
