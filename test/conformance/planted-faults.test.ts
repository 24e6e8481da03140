/** Deliberately wrong servers: each fault is found by the row that should find it, which holds where it is not planted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_CHECKS } from '../../conformance/all-checks.js';
import { type Result, resultOf } from '../../conformance/result.js';
import type { Session } from '../../conformance/session.js';
import { startSession } from '../../conformance/start-session.js';
import { Client } from '../../conformance/wire/client.js';
import { freePort } from '../support/free-port.js';
import { type RunningArchive, startArchive } from '../support/running-archive.js';
import {
  ACCEPT_FAULTS,
  CHARACTER_SET_FAULTS,
  HTTP_FAULTS,
  MULTIPART_FAULTS,
  STATUS_FAULTS,
  URI_FAULTS,
} from './faults/common-faults.js';
import { DECODING_FAULTS } from './faults/decoding-faults.js';
import type { Fault } from './faults/fault.js';
import { type FaultyProxy, startFaultyProxy } from './faults/faulty-proxy.js';
import { RENDERED_FAULTS, THUMBNAIL_FAULTS, URI_RENDERED_FAULTS } from './faults/rendered-faults.js';
import { MODEL_FAULTS, RETRIEVE_FAULTS } from './faults/retrieve-faults.js';
import { SEARCH_FAULTS } from './faults/search-faults.js';
import { STORE_FAULTS } from './faults/store-faults.js';
import { URI_SERVICE_FAULTS } from './faults/uri-service-faults.js';
import { NOT_HELD, NOT_JUDGED } from './own-server-lists.js';
import { addCoercedSite, addSearchedBySuite, CT_ALONE, VIEWER_ORIGIN } from './own-server-run.js';

const FAULTS: readonly Fault[] = [
  ...URI_FAULTS,
  ...ACCEPT_FAULTS,
  ...MULTIPART_FAULTS,
  ...STATUS_FAULTS,
  ...CHARACTER_SET_FAULTS,
  ...HTTP_FAULTS,
  ...RETRIEVE_FAULTS,
  ...MODEL_FAULTS,
  ...STORE_FAULTS,
  ...SEARCH_FAULTS,
  ...URI_SERVICE_FAULTS,
  ...DECODING_FAULTS,
  ...RENDERED_FAULTS,
  ...THUMBNAIL_FAULTS,
  ...URI_RENDERED_FAULTS,
];
/** A fault can be planted only where the row holds without it. */
const plantable = FAULTS.filter(({ row }) => !Object.hasOwn(NOT_HELD, row) && !NOT_JUDGED.includes(row));

let archive: RunningArchive;
let proxy: FaultyProxy;
let client: Client;
let session: Session;
const withoutFault = new Map<string, Result>();

beforeAll(async () => {
  const port = await freePort();
  archive = await startArchive({
    publicURL: `http://127.0.0.1:${port}`,
    corsOrigins: new Set([VIEWER_ORIGIN]),
  });
  proxy = await startFaultyProxy(port, archive.base);
  await archive.addSite('Elsewhere');
  await addSearchedBySuite(archive);
  const reference = await archive.addLicence({ project: 'Nothing of this', sites: ['Elsewhere'] });
  const reader = await archive.token({ kind: 'curator' });
  const outsider = await archive.token({ kind: 'licence', reference, person: 'ada@example.org' });
  const licence = await archive.addLicence(CT_ALONE);
  const partial = await archive.token({ kind: 'licence', reference: licence, person: 'ada@example.org' });
  client = new Client(`http://127.0.0.1:${port}/dicom-web`, {
    reader,
    storer: reader,
    outsider,
    partial,
    coerced: await addCoercedSite(archive),
  });
  session = await startSession({ client, isReadOnly: false, wadoURI: `${client.base}/wado` });
});
afterAll(async () => {
  client.close();
  await proxy.close();
  await archive.close();
});

async function judge(row: string, fault: Fault | undefined): Promise<Result> {
  const check = ALL_CHECKS.find(({ id }) => id === row);
  if (check === undefined) throw new Error(`There is no check ${row}.`);
  proxy.fault = fault;
  try {
    return await resultOf(check, session);
  } finally {
    proxy.fault = undefined;
  }
}

describe('a fault that is planted in a server', () => {
  it.each(plantable.map((fault) => [fault.row, fault.plants, fault] as const))(
    '%s finds that %s',
    async (row, _plants, fault) => {
      const before = withoutFault.get(row) ?? (await judge(row, undefined));
      withoutFault.set(row, before);
      expect(before.verdict, JSON.stringify(before)).toBe('pass');
      const after = await judge(row, fault);
      expect(after.verdict, JSON.stringify(after)).toBe('fail');
    },
  );
});

describe('the table of faults', () => {
  it('speaks of rows that there are', () => {
    const ids = new Set(ALL_CHECKS.map(({ id }) => id));
    expect(FAULTS.filter(({ row }) => !ids.has(row)).map(({ row }) => row)).toEqual([]);
  });

  it('has a fault for all rows but those that are listed', () => {
    const rows = new Set(FAULTS.map(({ row }) => row));
    const without = ALL_CHECKS.filter(({ id }) => !rows.has(id)).map(({ id }) => id);
    expect(without, without.join(' ')).toEqual(WITHOUT_FAULT);
  });
});

/** Rows in which no fault is planted. */
const WITHOUT_FAULT: readonly string[] = [
  // Node sends no answer with two lengths.
  'MP-18',
  // The archive has no notifications.
  'NT-01',
  // HTTP/2 is the proxy's.
  'HT-14',
];
