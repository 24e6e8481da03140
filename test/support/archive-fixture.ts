/** An archive in a folder of its own, with sites, to store into and to look at from all sides. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type OpenArchive, openArchive } from '../../src/archive/open-archive.js';
import { placesInFolder } from '../../src/archive/places.js';
import type { Scope } from '../../src/archive/scope.js';
import type { SplitPolicy } from '../../src/archive/split.js';
import type { StoreResult } from '../../src/archive/store-instances.js';
import type { StoreOutcome } from '../../src/archive/store-outcome.js';
import { silentLog } from '../../src/log.js';
import { temporaryFolder } from './temporary-folder.js';

/** Everything a comparison of two indexes should see: no row ids, no instants of storing. */
export interface IndexContent {
  readonly patients: readonly unknown[];
  readonly studies: readonly unknown[];
  readonly series: readonly unknown[];
  readonly requests: readonly unknown[];
  readonly instances: readonly unknown[];
}

export class ArchiveFixture {
  readonly opened: OpenArchive;
  /** The folder, absolute. */
  readonly root: string;

  private constructor(opened: OpenArchive, root: string) {
    this.opened = opened;
    this.root = root;
  }

  /** Open an archive in `folder`, a new one unless it is given; it is closed when the test ends. */
  static async open(folder: string = temporaryFolder(), now = () => new Date()): Promise<ArchiveFixture> {
    const opened = await openArchive(placesInFolder(folder), { log: silentLog, now });
    onTestFinished(() => opened.close());
    return new ArchiveFixture(opened, folder);
  }

  /** Add a site; the Scope of its callers. */
  async addSite(name: string, splitPolicy: SplitPolicy = 'training'): Promise<Scope> {
    const row = { name, split_policy: String(splitPolicy), created_at: '2020-04-01T00:00:00.000Z' };
    const { id } = await this.opened.database.write((tx) =>
      tx.insertInto('site').values(row).returning('id').executeTakeFirstOrThrow(),
    );
    return { kind: 'site', siteID: id };
  }

  /** Store files as parts of one request. */
  request(
    scope: Scope,
    files: readonly (Buffer | AsyncIterable<Buffer>)[],
    expectedStudy?: string,
  ): Promise<StoreResult> {
    return this.opened.archive.as(scope).store({ expectedStudy, parts: partsOf(files) });
  }

  /** Store files as parts of one request that must not fail as a whole. */
  async store(scope: Scope, ...files: readonly Buffer[]): Promise<readonly StoreOutcome[]> {
    const { outcomes, failure } = await this.request(scope, files);
    if (failure !== undefined) throw failure;
    return outcomes;
  }

  /** The keys of all files, in order. */
  async keys(prefix = 'studies/'): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of this.opened.blobs.list(prefix)) keys.push(key);
    return keys.sort();
  }

  /** The keys of the files of instances, in order. */
  async instanceKeys(): Promise<readonly string[]> {
    return (await this.keys()).filter((key) => key.endsWith('.dcm'));
  }

  path(key: string): string {
    return join(this.root, key);
  }

  read(key: string): Promise<Buffer> {
    return readFile(this.path(key));
  }

  /** All rows about images, in the order of their UIDs. */
  async content(): Promise<IndexContent> {
    const { read } = this.opened.database;
    const patients = await read
      .selectFrom('patient')
      .innerJoin('site', 'site.id', 'patient.first_site_id')
      .select(['pseudonym', 'split', 'name'])
      .orderBy('pseudonym')
      .execute();
    const studies = await read
      .selectFrom('study')
      .innerJoin('patient', 'patient.id', 'study.patient_row_id')
      .innerJoin('site', 'site.id', 'study.site_id')
      .selectAll('study')
      .select(['pseudonym', 'name'])
      .orderBy('study_instance_uid')
      .execute();
    const series = await read
      .selectFrom('series')
      .innerJoin('study', 'study.id', 'series.study_row_id')
      .innerJoin('site', 'site.id', 'series.site_id')
      .selectAll('series')
      .select(['study_instance_uid', 'name'])
      .orderBy('series_instance_uid')
      .execute();
    const requests = await read
      .selectFrom('series_request')
      .innerJoin('series', 'series.id', 'series_request.series_row_id')
      .selectAll('series_request')
      .select('series_instance_uid')
      .orderBy('series_instance_uid')
      .orderBy('item_index')
      .execute();
    const instances = await read
      .selectFrom('instance')
      .innerJoin('instance_content', 'instance_row_id', 'instance.id')
      .innerJoin('series', 'series.id', 'instance.series_row_id')
      .innerJoin('study', 'study.id', 'instance.study_row_id')
      .selectAll(['instance', 'instance_content'])
      .select(['series_instance_uid', 'study_instance_uid'])
      .orderBy('sop_instance_uid')
      .execute();
    return {
      patients,
      studies: studies.map(withoutRowIDs),
      series: series.map(withoutRowIDs),
      requests: requests.map(withoutRowIDs),
      instances: instances.map(withoutRowIDs),
    };
  }

  /** Lose the index of the images, as if it had been made anew; sites, licences and tokens stay. */
  async loseIndex(): Promise<void> {
    await this.opened.database.write(async (tx) => {
      await tx.deleteFrom('instance_content').execute();
      await tx.deleteFrom('instance').execute();
      await tx.deleteFrom('series_request').execute();
      await tx.deleteFrom('series').execute();
      await tx.deleteFrom('study').execute();
      await tx.deleteFrom('patient').execute();
    });
  }
}

const withoutRowIDs = (row: Readonly<Record<string, unknown>>): unknown =>
  Object.fromEntries(Object.entries(row).filter(([column]) => !/^(?:id|stored_at|site_id|.*_row_id)$/.test(column)));

async function* partsOf(files: readonly (Buffer | AsyncIterable<Buffer>)[]): AsyncGenerator<AsyncIterable<Buffer>> {
  for (const file of files) yield Buffer.isBuffer(file) ? chunksOf(file) : file;
}

/** A file in pieces that cut through everything. */
async function* chunksOf(file: Buffer): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < file.length; offset += 97) yield file.subarray(offset, offset + 97);
}
