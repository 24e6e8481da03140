/** Whatever is stored, deleted, allowed again and sent again, in whatever order: the archive is what a model of it says. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResourcePath } from '../../../src/archive/index/locate.js';
import { type OpenArchive, openArchive } from '../../../src/archive/open-archive.js';
import { reindexArchive } from '../../../src/archive/reindex.js';
import type { Scope } from '../../../src/archive/scope.js';
import { verifyArchive } from '../../../src/archive/verify.js';
import { FAILURE_REASON } from '../../../src/dicom/failure-reasons.js';
import { ArchiveError } from '../../../src/errors.js';
import { silentLog } from '../../../src/log.js';
import { ctFile } from '../../support/part10.js';
import { isForNodes, newPlaces, type TestPlaces } from '../../support/test-places.js';
import { keysBelow, readBlob } from '../../support/whole-blob.js';

const RUNS = isForNodes() ? 12 : 40;
const AN_HOUR_MS = 3_600_000;

/** Two studies of two series of two instances, each with two contents. */
interface Slot {
  readonly study: number;
  readonly series: number;
  readonly instance: number;
}
const SLOTS: readonly Slot[] = [1, 2].flatMap((study) =>
  [1, 2].flatMap((series) => [1, 2].map((instance) => ({ study, series, instance }))),
);
const uidsOf = ({ study, series, instance }: Slot): Required<ResourcePath> => ({
  studyInstanceUID: `1.2.${study}`,
  seriesInstanceUID: `1.2.${study}.${series}`,
  sopInstanceUID: `1.2.${study}.${series}.${instance}`,
});
const fileOf = (slot: Slot, content: number): Buffer => {
  const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = uidsOf(slot);
  return ctFile({
    StudyInstanceUID: studyInstanceUID,
    SeriesInstanceUID: seriesInstanceUID,
    SOPInstanceUID: sopInstanceUID,
    PatientID: `P${slot.study}`,
    Modality: slot.series === 1 ? 'CT' : 'DX',
    InstanceNumber: content,
  });
};
const LEVELS = ['study', 'series', 'instance'] as const;
type Level = (typeof LEVELS)[number];
const pathAt = (slot: Slot, level: Level): ResourcePath => {
  const { studyInstanceUID, seriesInstanceUID } = uidsOf(slot);
  if (level === 'study') return { studyInstanceUID };
  return level === 'series' ? { studyInstanceUID, seriesInstanceUID } : uidsOf(slot);
};
const uidAt = (slot: Slot, level: Level): string => {
  const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = uidsOf(slot);
  return level === 'study' ? studyInstanceUID : level === 'series' ? seriesInstanceUID : sopInstanceUID;
};
const isIn = (slot: Slot, level: Level, uid: string): boolean => uidAt(slot, level) === uid;

interface Deletion {
  readonly level: Level;
  readonly uid: string;
  readonly site: number;
  readonly slots: readonly Slot[];
  isAllowed: boolean;
}

class Model {
  readonly live = new Map<Slot, { readonly site: number; readonly content: number }>();
  readonly deletions: Deletion[] = [];

  store(site: number, slot: Slot, content: number): string | number {
    const refusing = this.#refusing(slot);
    if (refusing.length > 0) {
      const isOwn = refusing.every((deletion) => deletion.site === site);
      return isOwn ? FAILURE_REASON.notAuthorized : FAILURE_REASON.dataSetDoesNotMatchSOPClass;
    }
    const siteOfStudy = [...this.live].find(([other]) => other.study === slot.study)?.[1].site;
    if (siteOfStudy !== undefined && siteOfStudy !== site) return FAILURE_REASON.dataSetDoesNotMatchSOPClass;
    const there = this.live.get(slot);
    if (there !== undefined) return there.content === content ? 'already-stored' : FAILURE_REASON.duplicateSOPInstance;
    this.live.set(slot, { site, content });
    return 'stored';
  }

  delete(slot: Slot, level: Level): 'deleted' | 'gone' | 'not-found' {
    const uid = uidAt(slot, level);
    const slots = [...this.live.keys()].filter((other) => isIn(other, level, uid));
    const [first] = slots;
    if (first === undefined) return this.absent({ kind: 'everything' }, slot, level);
    this.deletions.push({ level, uid, site: this.live.get(first)?.site ?? 0, slots, isAllowed: false });
    for (const gone of slots) this.live.delete(gone);
    return 'deleted';
  }

  absent(scope: Scope, slot: Slot, level: Level): 'gone' | 'not-found' {
    const wasThere = this.deletions.some(
      ({ slots, site }) =>
        slots.some((other) => isIn(other, level, uidAt(slot, level))) &&
        (scope.kind !== 'site' || scope.siteID === site),
    );
    return wasThere ? 'gone' : 'not-found';
  }

  allow(slot: Slot, level: Level): 'allowed' | 'not-found' | 'conflict' {
    const uid = uidAt(slot, level);
    const isWithin = (deletion: Deletion): boolean =>
      LEVELS.indexOf(deletion.level) >= LEVELS.indexOf(level) &&
      deletion.slots.every((other) => isIn(other, level, uid)) &&
      (level !== 'instance' || deletion.uid === uid);
    const refusing = this.deletions.filter((deletion) => !deletion.isAllowed);
    const allowed = refusing.filter(isWithin);
    for (const deletion of allowed) deletion.isAllowed = true;
    if (allowed.length > 0) return 'allowed';
    const isLarger = refusing.some(({ slots }) => slots.some((other) => isIn(other, level, uid)));
    return isLarger ? 'conflict' : 'not-found';
  }

  #refusing(slot: Slot): readonly Deletion[] {
    return this.deletions.filter(
      ({ isAllowed, level, uid, slots }) => !isAllowed && (isIn(slot, level, uid) || slots.includes(slot)),
    );
  }
}

type Step =
  | { readonly kind: 'store'; readonly site: number; readonly slot: Slot; readonly content: number }
  | { readonly kind: 'delete' | 'allow'; readonly slot: Slot; readonly level: Level }
  | { readonly kind: 'reindex' | 'lose the index' };

const slots = fc.constantFrom(...SLOTS);
const level = fc.constantFrom(...LEVELS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      site: fc.constantFrom(0, 0, 0, 1),
      slot: slots,
      content: fc.constantFrom(1, 1, 1, 2),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), slot: slots, level }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('allow' as const), slot: slots, level }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('reindex' as const, 'lose the index' as const) }) },
);

let places: TestPlaces;
let opened: OpenArchive;
let sites: readonly Scope[];

beforeEach(async () => {
  places = await newPlaces();
  const archive = await openArchive(places.places, { log: silentLog, now: () => new Date() });
  // As it is an hour later: whatever was on its way has settled.
  opened = { ...archive, now: () => new Date(Date.now() + AN_HOUR_MS), mayBeServed: () => false };
  sites = await Promise.all(['Leeds', 'Bristol'].map(addSite));
});
afterEach(async () => {
  await opened.close();
  await places.drop();
});

async function addSite(name: string): Promise<Scope> {
  const row = { name, split_policy: 'training', created_at: '2020-04-01T00:00:00.000Z' };
  const { id } = await opened.database.write((tx) =>
    tx.insertInto('site').values(row).returning('id').executeTakeFirstOrThrow(),
  );
  return { kind: 'site', siteID: id };
}

const EVERYTHING: Scope = { kind: 'everything' };

async function store(site: number, file: Buffer): Promise<string | number> {
  const scope = sites[site] ?? EVERYTHING;
  const { outcomes, failure } = await opened.archive.as(scope).store({
    expectedStudy: undefined,
    parts: (async function* () {
      yield (async function* () {
        yield file;
      })();
    })(),
  });
  if (failure !== undefined) throw failure;
  const [outcome] = outcomes;
  return outcome?.outcome === 'refused' ? outcome.reason : (outcome?.outcome ?? 'nothing');
}

/** The code that it fails with. */
const codeOf = (work: Promise<unknown>, done: string): Promise<string> =>
  work.then(
    () => done,
    (error: unknown) => (error instanceof ArchiveError ? error.code : Promise.reject(error)),
  );

async function clear(): Promise<void> {
  await opened.database.write(async (tx) => {
    for (const table of ['instance_content', 'instance', 'series_request', 'series', 'study', 'patient'] as const) {
      await tx.deleteFrom(table).execute();
    }
    await tx.deleteFrom('deleted_instance').execute();
    await tx.deleteFrom('deletion').execute();
  });
}

async function reindex(): Promise<void> {
  for await (const untaken of reindexArchive(opened)) throw new Error(JSON.stringify(untaken));
}

async function take(model: Model, one: Step): Promise<void> {
  const siteID = (site: number): number => {
    const scope = sites[site];
    return scope?.kind === 'site' ? scope.siteID : 0;
  };
  switch (one.kind) {
    case 'store':
      expect(await store(one.site, fileOf(one.slot, one.content))).toBe(
        model.store(siteID(one.site), one.slot, one.content),
      );
      return;
    case 'delete':
      expect(await codeOf(opened.archive.as(EVERYTHING).delete(pathAt(one.slot, one.level), 'test'), 'deleted')).toBe(
        model.delete(one.slot, one.level),
      );
      return;
    case 'allow':
      expect(
        await codeOf(opened.archive.deletions.allow({ level: one.level, uid: uidAt(one.slot, one.level) }), 'allowed'),
      ).toBe(model.allow(one.slot, one.level));
      return;
    case 'lose the index':
      await clear();
      return reindex();
    case 'reindex':
      return reindex();
  }
}

async function expectSame(model: Model): Promise<void> {
  for (const slot of SLOTS) {
    const there = model.live.get(slot);
    for (const scope of [EVERYTHING, ...sites]) {
      const isSeen = there !== undefined && (scope.kind !== 'site' || scope.siteID === there.site);
      const archive = opened.archive.as(scope);
      const found = await codeOf(archive.instances(uidsOf(slot)), 'found');
      expect([slot, scope, found]).toEqual([slot, scope, isSeen ? 'found' : model.absent(scope, slot, 'instance')]);
    }
    if (there === undefined) continue;
    const instance = await opened.archive.as(EVERYTHING).instance(uidsOf(slot));
    expect((await readBlob(opened.blobs, instance.blobKey)).equals(fileOf(slot, there.content))).toBe(true);
  }
  for (const slot of SLOTS.filter(({ instance }) => instance === 1)) {
    for (const one of ['study', 'series'] as const) {
      const left = [...model.live.keys()].filter((other) => isIn(other, one, uidAt(slot, one))).length;
      const found = await opened.archive
        .as(EVERYTHING)
        .instances(pathAt(slot, one))
        .then(
          ({ length }) => length,
          (error: ArchiveError) => error.code,
        );
      expect([slot, one, found]).toEqual([slot, one, left > 0 ? left : model.absent(EVERYTHING, slot, one)]);
    }
  }
  await expectCounts(model);
  const files = (await keysBelow(opened.blobs, 'studies/')).filter((key) => key.endsWith('.dcm'));
  expect(files).toHaveLength(model.live.size);
  expect(await keysBelow(opened.blobs, 'deletions/')).toHaveLength(model.deletions.length);
  for await (const finding of verifyArchive(opened)) throw new Error(JSON.stringify(finding));
}

async function expectCounts(model: Model): Promise<void> {
  const { read } = opened.database;
  const live = [...model.live.keys()];
  const series = await read.selectFrom('series').select(['series_instance_uid', 'instance_count']).execute();
  const expected = new Map<string, number>();
  for (const slot of live) expected.set(uidAt(slot, 'series'), (expected.get(uidAt(slot, 'series')) ?? 0) + 1);
  expect(new Map(series.map((row) => [row.series_instance_uid, row.instance_count]))).toEqual(expected);
  const studies = await read.selectFrom('study').select(['study_instance_uid', 'modality_bits']).execute();
  const bits = new Map<string, number>();
  for (const slot of live) {
    const uid = uidAt(slot, 'study');
    bits.set(uid, (bits.get(uid) ?? 0) | (slot.series === 1 ? 4 : 2));
  }
  expect(new Map(studies.map((row) => [row.study_instance_uid, row.modality_bits]))).toEqual(bits);
  const patients = await read.selectFrom('patient').select('pseudonym').orderBy('pseudonym').execute();
  expect(patients.map(({ pseudonym }) => pseudonym)).toEqual([...new Set(live.map(({ study }) => `P${study}`))].sort());
  const months = await read
    .selectFrom('study_month')
    .select((eb) => eb.fn.sum<number | null>('studies').as('studies'))
    .executeTakeFirstOrThrow();
  expect(Number(months.studies ?? 0)).toBe(bits.size);
}

describe('an archive in which is stored and deleted', () => {
  it('ST-04 is what a model says, and verify finds nothing in it', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc
        .asyncProperty(fc.array(step, { minLength: 4, maxLength: 30, size: 'max' }), async (steps) => {
          const model = new Model();
          for (const one of steps) await take(model, one);
          await expectSame(model);
        })
        .afterEach(async () => {
          await clear();
          for (const prefix of ['studies/', 'deletions/']) {
            for (const key of await keysBelow(opened.blobs, prefix)) await opened.blobs.remove(key);
          }
          // A server remembers whose record it has written.
          const again = await openArchive(places.places, { log: silentLog, now: () => new Date() });
          await opened.close();
          opened = { ...again, now: opened.now, mayBeServed: opened.mayBeServed };
        }),
      { numRuns: RUNS },
    );
  });
});
