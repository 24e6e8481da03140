/**
 * Fill an index with synthetic studies, serve it, and time the searches over HTTP:
 *
 *     npm run scale -- --studies 20000,1000000 --database sqlite       # or postgres: a server of its own, for this run
 *     npm run scale -- --studies 20000,1000000 --database sqlite:DIR   # kept in DIR, and used again by the next run
 *     npm run scale -- --studies 20000,1000000 --database postgres://USER@HOST/postgres     # databases scale_… are kept there
 *
 * Prints for each search the median and 95th percentile in milliseconds and the server's processor time a request, at each
 * size, and how many bytes an instance takes in the index.
 */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { parseDatabasePlace, placesInFolder } from '../../src/archive/places.js';
import { Database } from '../../src/database/database.js';
import type { DatabasePlace } from '../../src/database/database-place.js';
import { startPostgres } from '../servers/postgres.js';
import { curatorTokenOf } from '../support/archive-tokens.js';
import { ServedProcess } from '../support/served-process.js';
import { type Search, searchesOf } from './searches.js';
import { fillIndex, INSTANCES_OF_STUDY, settle } from './synthetic-index.js';

const WARM_UPS = 30;
const REQUESTS = 300;

const { values: options } = parseArgs({
  options: {
    studies: { type: 'string', default: '20000,1000000' },
    database: { type: 'string', default: 'sqlite' },
  },
});

interface Timing {
  readonly name: string;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly processorMs: number;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function fill(place: DatabasePlace, studies: number): Promise<void> {
  const database = await Database.open(place);
  try {
    const present = await database.read.selectFrom('study').select('id').limit(1).executeTakeFirst();
    if (present !== undefined) return;
    const startedAt = Date.now();
    await fillIndex(database, studies);
    await settle(place);
    say(`${studies} studies and ${studies * INSTANCES_OF_STUDY} instances in ${(Date.now() - startedAt) / 1000} s`);
  } finally {
    await database.close();
  }
}

async function measure(place: DatabasePlace, scratch: string, studies: number): Promise<readonly Timing[]> {
  await fill(place, studies);
  const bytes = (await sizeOf(place)) / studies / INSTANCES_OF_STUDY;
  say(`${Math.round(bytes)} bytes an instance in the index of ${studies} studies`);
  const places = { ...placesInFolder(scratch), database: place };
  const token = await curatorTokenOf(places);
  const server = await ServedProcess.start(places);
  try {
    const timings: Timing[] = [];
    for (const search of searchesOf(studies)) timings.push(await time(server, token, search));
    return timings;
  } finally {
    await server.stop();
  }
}

async function time(server: ServedProcess, token: string, { name, query, count }: Search): Promise<Timing> {
  const times: number[] = [];
  let processorMs = 0;
  for (let n = 0; n < WARM_UPS + REQUESTS; n++) {
    if (n === WARM_UPS) processorMs = server.processorMs;
    const startedAt = performance.now();
    const response = await server.fetch(token, `/studies?${query(n)}`);
    const found: unknown = response.status === 204 ? [] : await response.json();
    if (n >= WARM_UPS) times.push(performance.now() - startedAt);
    const isRight = Array.isArray(found) && found.length === count(n);
    if (!isRight) throw new Error(`${name}: ${response.status}, ${JSON.stringify(found).slice(0, 200)}`);
  }
  times.sort((a, b) => a - b);
  return {
    name,
    medianMs: times[Math.floor(REQUESTS / 2)] ?? 0,
    p95Ms: times[Math.floor(REQUESTS * 0.95)] ?? 0,
    processorMs: (server.processorMs - processorMs) / REQUESTS,
  };
}

/** Bytes of the index on disk. */
async function sizeOf(place: DatabasePlace): Promise<number> {
  if (place.kind === 'sqlite') return (await stat(place.path)).size;
  const [row] = await ask(place.url, 'select pg_database_size(current_database()) as bytes');
  return Number(row?.['bytes']);
}

async function ask(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** The index of so many studies: a file in `folder`, or a database on the server. */
async function placeOf(studies: number, folder: string, server: string | undefined): Promise<DatabasePlace> {
  if (server === undefined) return { kind: 'sqlite', path: join(folder, `scale-${studies}`, 'index.sqlite') };
  const name = `scale_${studies}`;
  const known = await ask(server, `select 1 from pg_database where datname = '${name}'`);
  if (known.length === 0) await ask(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return parseDatabasePlace(url.href);
}

function report(results: ReadonlyMap<number, readonly Timing[]>): void {
  const [first] = results.values();
  for (const [studies, timings] of results) {
    for (const [i, { name, medianMs, p95Ms, processorMs }] of timings.entries()) {
      const ratio = p95Ms / (first?.[i]?.p95Ms ?? p95Ms);
      say(
        `${String(studies).padStart(8)}  ${name.padEnd(22)} median ${medianMs.toFixed(2).padStart(8)} ms` +
          `  p95 ${p95Ms.toFixed(2).padStart(8)} ms (${ratio.toFixed(2)}×)  cpu ${processorMs.toFixed(2)} ms`,
      );
    }
  }
}

const ownServer = options.database === 'postgres' ? await startPostgres() : undefined;
const server = ownServer?.url ?? (options.database.startsWith('postgres') ? options.database : undefined);
const scratch = await mkdtemp(join(tmpdir(), 'nccid-scale-'));
const folder = options.database.startsWith('sqlite:') ? options.database.slice('sqlite:'.length) : scratch;
try {
  const results = new Map<number, readonly Timing[]>();
  for (const studies of options.studies.split(',').map(Number)) {
    if (server === undefined) await mkdir(join(folder, `scale-${studies}`), { recursive: true });
    results.set(studies, await measure(await placeOf(studies, folder, server), scratch, studies));
  }
  report(results);
} finally {
  await rm(scratch, { recursive: true });
  await ownServer?.remove();
}
