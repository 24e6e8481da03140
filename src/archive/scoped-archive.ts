/**
 * The archive as one caller may see it: the only archive a door can get. Every read passes through the Scope it was made
 * with, so that nobody can forget the check; what lies outside is answered as what never was.
 */
import type { Database } from '../database/database.js';
import type { DataSet } from '../dicom/data-set.js';
import { ArchiveError, gone, notFound } from '../errors.js';
import type { Changes } from './changes.js';
import type { CommitmentResult, Commitments } from './commitments.js';
import type { Deletions } from './deletions.js';
import type { InstanceReference } from './index/commitment-rows.js';
import { wasDeleted } from './index/deleted-resources.js';
import type { FindQuery } from './index/find-query.js';
import type { Found } from './index/found-entity.js';
import {
  type LocatedInstance,
  type LocatedSeries,
  locateInstances,
  locateRepresentative,
  locateSeries,
  type ResourcePath,
} from './index/locate.js';
import { count, search } from './index/search.js';
import { addQueryAttribute, readQueryAttributes, removeQueryAttribute } from './query-attributes/definitions.js';
import { defineAttribute, type QueryAttribute, type WrittenAttribute } from './query-attributes/query-attribute.js';
import { type BulkdataOfInstance, findBulkdata } from './read/find-bulkdata.js';
import { type Frames, findFrames, readFrameTable } from './read/frames.js';
import type { ImageHeaders } from './read/image-headers.js';
import type { InstanceText, InstanceURL, Metadata, MetadataReader } from './read/metadata.js';
import type { StoredBulkdata } from './read/stored-bulkdata.js';
import type { StoredFile } from './read/stored-file.js';
import type { StoredFiles } from './read/stored-files.js';
import type { Scope } from './scope.js';
import { Spool } from './spool.js';
import type { InstanceStore, StoreRequest, StoreResult } from './store-instances.js';
import type { StoringSites } from './storing-site.js';
import type { Turnstile } from './turnstile.js';

export interface ScopedArchiveParts {
  readonly database: Database;
  readonly files: StoredFiles;
  readonly metadata: MetadataReader;
  readonly headers: ImageHeaders;
  readonly store: InstanceStore;
  readonly sites: StoringSites;
  readonly deletions: Deletions;
  readonly commitments: Commitments;
  readonly changes: Changes;
  readonly spoolFolder: string;
  readonly spoolReaders: Turnstile;
  readonly now: () => Date;
}

export class ScopedArchive {
  readonly #parts: ScopedArchiveParts;
  readonly #scope: Scope;

  constructor(parts: ScopedArchiveParts, scope: Scope) {
    this.#parts = parts;
    this.#scope = scope;
  }

  /** Store instances in the name of whoever this archive was opened for. @throws ArchiveError `forbidden` for a licence */
  async store(request: Omit<StoreRequest, 'site'>): Promise<StoreResult> {
    const site = await this.#parts.sites.of(this.#scope);
    const result = await this.#parts.store.store({ ...request, site });
    this.#parts.changes.tellStored(result.outcomes);
    return result;
  }

  /** Open a place for bytes that have to wait until they can be stored. Close it when done. @throws ArchiveError `unavailable` */
  openSpool(): Promise<Spool> {
    return Spool.open(this.#parts.spoolFolder);
  }

  /** Lets some requests at once make instances of what is in their spools: each holds a data set in memory. */
  get spoolReaders(): Turnstile {
    return this.#parts.spoolReaders;
  }

  /** Find studies, series or instances: one page, and how many more match. */
  search(query: FindQuery): Promise<Found> {
    return search(this.#parts.database, this.#scope, query);
  }

  /** Count the studies, series or instances that a search would find. */
  count(query: FindQuery): Promise<number> {
    return count(this.#parts.database, this.#scope, query);
  }

  /** The attributes that curators have added to those that are searched. */
  queryAttributes(): Promise<readonly QueryAttribute[]> {
    return readQueryAttributes(this.#parts.database.read);
  }

  /**
   * Add an attribute; what is stored already is indexed by it in the background.
   * @throws ArchiveError `forbidden` to whoever does not see everything, and as `defineAttribute` and `addQueryAttribute`
   */
  async addQueryAttribute(written: WrittenAttribute): Promise<QueryAttribute> {
    this.#expectCurator();
    return addQueryAttribute(this.#parts.database, defineAttribute(written), this.#parts.now());
  }

  /** Search by an attribute no longer. @throws ArchiveError `forbidden`, `not-found` */
  async removeQueryAttribute(id: number): Promise<void> {
    this.#expectCurator();
    await removeQueryAttribute(this.#parts.database, id);
  }

  #expectCurator(): void {
    if (this.#scope.kind !== 'everything') {
      throw new ArchiveError('forbidden', 'Only who sees the whole archive decides what it is searched by.');
    }
  }

  /** The instances of a resource, in the order of series and instance numbers. @throws ArchiveError `not-found`, or `gone` */
  async instances(path: ResourcePath): Promise<readonly LocatedInstance[]> {
    const instances = await locateInstances(this.#parts.database, this.#scope, path);
    if (instances.length === 0) throw await this.#absent(path);
    return instances;
  }

  /** The one instance of a path that names one. @throws ArchiveError `not-found`, or `gone` */
  async instance(path: Required<ResourcePath>): Promise<LocatedInstance> {
    const [instance] = await this.instances(path);
    if (instance === undefined) throw notFound();
    return instance;
  }

  /**
   * The instance that stands for a resource, as `locateRepresentative` chooses it. @throws ArchiveError `not-found`, or `gone`
   */
  async representative(path: ResourcePath): Promise<LocatedInstance> {
    const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = path;
    if (seriesInstanceUID !== undefined && sopInstanceUID !== undefined) {
      return this.instance({ studyInstanceUID, seriesInstanceUID, sopInstanceUID });
    }
    const instance = await locateRepresentative(this.#parts.database, this.#scope, path);
    if (instance === undefined) throw await this.#absent(path);
    return instance;
  }

  /** Everything before the Pixel Data of an image, checked. @throws ArchiveError `corrupt`, `unavailable` */
  header(instance: LocatedInstance): Promise<DataSet> {
    return this.#parts.headers.read(instance);
  }

  /**
   * The metadata of a resource as one JSON array, brackets included. `instanceURL` must give the same URL for the same
   * instance as long as the process lives. @throws ArchiveError `not-found` or `gone`
   */
  async metadata(path: ResourcePath, instanceURL: InstanceURL): Promise<Metadata> {
    if (path.sopInstanceUID !== undefined) {
      const instances = await this.instances(path);
      return asArray([this.#parts.metadata.ofInstances(instances, instanceURL)]);
    }
    const series = await locateSeries(this.#parts.database, this.#scope, path);
    if (series.length === 0) throw await this.#absent(path);
    const lists: Metadata[] = [];
    for (const one of series) lists.push(await this.#metadataOfSeries(one, instanceURL));
    return asArray(lists);
  }

  /**
   * The metadata of a resource as one JSON object an instance, each to be read before the next is asked for. URLs are as in
   * `metadata`. @throws ArchiveError `not-found` or `gone`
   */
  async metadataOfEach(path: ResourcePath, instanceURL: InstanceURL): Promise<AsyncGenerator<InstanceText>> {
    return this.#parts.metadata.ofEach(await this.instances(path), instanceURL);
  }

  /** Make sure that the files of several instances are there; of one, to open it tells. @throws ArchiveError `corrupt` */
  async expectFiles(instances: readonly LocatedInstance[]): Promise<void> {
    if (instances.length > 1) await this.#parts.files.expectAll(instances);
  }

  /** How many files it pays to begin to read before the one at hand is read. */
  get filesAhead(): number {
    return this.#parts.files.filesAhead;
  }

  /** Open the file of an instance. Close it when done. */
  open(instance: LocatedInstance): Promise<StoredFile> {
    return this.#parts.files.open(instance);
  }

  /** Frames of an instance, by number, or all. @throws ArchiveError `not-found` when one of them is not there */
  frames(instance: LocatedInstance, frameNumbers: readonly number[] | 'all'): Promise<Frames> {
    return findFrames(this.#parts.database, instance, frameNumbers);
  }

  /** Where all frames of an instance lie, encoded; undefined without Pixel Data. @throws ArchiveError `unavailable` */
  frameTable(instance: LocatedInstance): Promise<Buffer | undefined> {
    return readFrameTable(this.#parts.database, instance);
  }

  /** A value that metadata refers to; undefined when there is none of that name. */
  async findBulkdata(instance: LocatedInstance, name: string): Promise<StoredBulkdata | undefined> {
    return (await this.bulkdata(instance)).find(({ path }) => path === name);
  }

  /** The values that metadata refers to, but for compressed Pixel Data, in the order of the file. */
  async bulkdata(instance: LocatedInstance): Promise<readonly StoredBulkdata[]> {
    for await (const { values } of this.bulkdataOfEach([instance])) return values;
    return [];
  }

  /** The same of many instances, one after the other. */
  bulkdataOfEach(instances: readonly LocatedInstance[]): AsyncGenerator<BulkdataOfInstance> {
    return findBulkdata(this.#parts.database, instances);
  }

  /**
   * Delete a study, series or instance, as only who sees everything may.
   * @param by whose word it was: the id of a token, for the log
   * @throws ArchiveError `forbidden`, `not-found`, `gone`; `unavailable` or `storage-full` when it can not be recorded now
   */
  async delete(path: ResourcePath, by: string): Promise<void> {
    if (this.#scope.kind !== 'everything') throw new ArchiveError('forbidden', 'Only curators delete.');
    try {
      if ((await this.#parts.deletions.delete(path, by)) === undefined) throw await this.#absent(path);
    } finally {
      this.#parts.changes.tellDeleted(path);
    }
  }

  /** Ask the archive to commit to instances; as `Commitments.request`. */
  requestCommitment(
    transactionUID: string,
    instances: readonly InstanceReference[],
  ): Promise<CommitmentResult | undefined> {
    return this.#parts.commitments.request(this.#scope, transactionUID, instances);
  }

  /** The result of an earlier request of the same caller; as `Commitments.result`. */
  commitment(transactionUID: string): Promise<CommitmentResult | undefined> {
    return this.#parts.commitments.result(this.#scope, transactionUID);
  }

  /** How a path is answered at which the Scope shows nothing: what was deleted is told from what never was to who could see it. */
  async #absent(path: ResourcePath): Promise<ArchiveError> {
    return (await wasDeleted(this.#parts.database, this.#scope, path)) ? gone() : notFound();
  }

  #metadataOfSeries(series: LocatedSeries, instanceURL: InstanceURL): Promise<Metadata> {
    const path = { studyInstanceUID: series.studyInstanceUID, seriesInstanceUID: series.seriesInstanceUID };
    const instances = () => locateInstances(this.#parts.database, this.#scope, path);
    return this.#parts.metadata.ofSeries(series, instances, instanceURL);
  }
}

const asArray = (lists: readonly Metadata[]): Metadata => ({
  digest: lists.map(({ digest }) => digest).join(),
  read: () => arrayText(lists),
});

async function* arrayText(lists: readonly Metadata[]): AsyncGenerator<Buffer> {
  yield Buffer.from('[');
  let isEmpty = true;
  for (const list of lists) {
    let isStart = true;
    for await (const piece of list.read()) {
      // A series that has been emptied since it was located gives nothing, and no comma.
      if (piece.length === 0) continue;
      if (isStart && !isEmpty) yield Buffer.from(',');
      isStart = false;
      isEmpty = false;
      yield piece;
    }
  }
  yield Buffer.from(']');
}
