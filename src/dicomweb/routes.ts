/** Every route of the DICOMweb services, with its handler and the section that asks for it. PS3.18 Tables 10.3-1, 10.3-2, 10.3-3 */
import type { Permission } from '../access/permissions.js';
import type { Handler } from './exchange.js';
import { retrieveAll } from './retrieve-all-bulkdata.js';
import { retrieveBulkdata, retrievePixelData } from './retrieve-bulkdata.js';
import { retrieveFrames } from './retrieve-frames.js';
import { retrieveInstances } from './retrieve-instances.js';
import { retrieveMetadata } from './retrieve-metadata.js';
import { searchFor } from './search.js';
import { storeInstances } from './store.js';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `{name}` is one segment of the path, `{name*}` all that are left. */
  readonly template: string;
  readonly permission: Permission;
  readonly handler: Handler;
  readonly section: string;
}

const retrieve = (template: string, handler: Handler, section: string): Route => ({
  method: 'GET',
  template,
  permission: 'dicomweb.retrieve',
  handler,
  section,
});

const search = (template: string, handler: Handler): Route => ({
  method: 'GET',
  template,
  permission: 'dicomweb.search',
  handler,
  section: '10.6',
});

const store = (template: string): Route => ({
  method: 'POST',
  template,
  permission: 'dicomweb.store',
  handler: storeInstances,
  section: '10.5',
});

const STUDY = '/studies/{study}';
const SERIES = `${STUDY}/series/{series}`;
const INSTANCE = `${SERIES}/instances/{instance}`;

export const ROUTES: readonly Route[] = [
  store('/studies'),
  store(STUDY),

  search('/studies', searchFor({ level: 'study', matchedLevels: ['study'], returnedLevels: ['study'] })),
  search(`${STUDY}/series`, searchFor({ level: 'series', matchedLevels: ['series'], returnedLevels: ['series'] })),
  search(
    `${STUDY}/instances`,
    searchFor({ level: 'instance', matchedLevels: ['series', 'instance'], returnedLevels: ['series', 'instance'] }),
  ),
  search(
    '/series',
    searchFor({ level: 'series', matchedLevels: ['study', 'series'], returnedLevels: ['study', 'series'] }),
  ),
  search(
    `${SERIES}/instances`,
    searchFor({ level: 'instance', matchedLevels: ['instance'], returnedLevels: ['instance'] }),
  ),
  search(
    '/instances',
    searchFor({
      level: 'instance',
      matchedLevels: ['study', 'series', 'instance'],
      returnedLevels: ['study', 'series', 'instance'],
    }),
  ),

  retrieve(STUDY, retrieveInstances, '10.4.1.1.1'),
  retrieve(SERIES, retrieveInstances, '10.4.1.1.1'),
  retrieve(INSTANCE, retrieveInstances, '10.4.1.1.1'),
  retrieve(`${STUDY}/metadata`, retrieveMetadata, '10.4.1.1.2'),
  retrieve(`${SERIES}/metadata`, retrieveMetadata, '10.4.1.1.2'),
  retrieve(`${INSTANCE}/metadata`, retrieveMetadata, '10.4.1.1.2'),
  retrieve(`${INSTANCE}/frames/{frames}`, retrieveFrames, '10.4.1.1.6'),
  retrieve(`${INSTANCE}/bulkdata/{bulkdata*}`, retrieveBulkdata, '10.4.1.1.5'),
  retrieve(`${STUDY}/bulkdata`, retrieveAll('bulkdata'), '10.4.1.1.5'),
  retrieve(`${SERIES}/bulkdata`, retrieveAll('bulkdata'), '10.4.1.1.5'),
  retrieve(`${INSTANCE}/bulkdata`, retrieveAll('bulkdata'), '10.4.1.1.5'),
  retrieve(`${STUDY}/pixeldata`, retrieveAll('pixeldata'), '10.4.1.1.6'),
  retrieve(`${SERIES}/pixeldata`, retrieveAll('pixeldata'), '10.4.1.1.6'),
  retrieve(`${INSTANCE}/pixeldata`, retrievePixelData, '10.4.1.1.6'),
];
