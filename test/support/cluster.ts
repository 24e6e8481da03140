/** An archive as a hospital's IT department runs it: PostgreSQL, an object store, nodes, and nginx before them. */
import type { ArchivePlaces } from '../../src/archive/places.js';
import { type LoadBalancer, startNginx } from '../servers/nginx.js';
import { type PostgresServer, startPostgres } from '../servers/postgres.js';
import { type ObjectStore, startSwift } from '../servers/swift.js';
import { curatorTokenOf, newSiteToken } from './archive-tokens.js';
import type { LoadedArchive } from './load-writers.js';
import { ServedProcess } from './served-process.js';
import { newDatabase } from './test-places.js';

const SITE = 'Site A';
const SWIFT_PORT = 18_180;

export class Cluster implements LoadedArchive {
  readonly places: ArchivePlaces;
  readonly postgres: PostgresServer;
  readonly objectStore: ObjectStore;
  readonly nodes: readonly ServedProcess[];
  readonly loadBalancer: LoadBalancer;
  readonly siteToken: string;
  readonly curatorToken: string;

  private constructor(
    parts: Pick<
      Cluster,
      'places' | 'postgres' | 'objectStore' | 'nodes' | 'loadBalancer' | 'siteToken' | 'curatorToken'
    >,
  ) {
    this.places = parts.places;
    this.postgres = parts.postgres;
    this.objectStore = parts.objectStore;
    this.nodes = parts.nodes;
    this.loadBalancer = parts.loadBalancer;
    this.siteToken = parts.siteToken;
    this.curatorToken = parts.curatorToken;
  }

  /** Start everything, over an empty archive. */
  static async start(nodeCount: number): Promise<Cluster> {
    const [postgres, objectStore] = await Promise.all([startPostgres(), startSwift(SWIFT_PORT)]);
    const places: ArchivePlaces = {
      database: { ...(await newDatabase(postgres.url)), connections: 12 },
      blobs: { ...objectStore.place, prefix: 'cluster/' },
    };
    const siteToken = await newSiteToken(places, SITE);
    const curatorToken = await curatorTokenOf(places);
    const nodes = await Promise.all(Array.from({ length: nodeCount }, () => ServedProcess.start(places)));
    const loadBalancer = await startNginx(nodes.map(({ port }) => port));
    return new Cluster({ places, postgres, objectStore, nodes, loadBalancer, siteToken, curatorToken });
  }

  /** Where the load balancer is. */
  get url(): string {
    return this.loadBalancer.url;
  }

  async remove(): Promise<void> {
    await this.loadBalancer.stop();
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.postgres.remove();
    await this.objectStore.remove();
  }
}
