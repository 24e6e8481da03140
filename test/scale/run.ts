/**
 * Fill an index with synthetic studies, serve it, and time the searches over HTTP:
 *
 *     npm run scale -- --studies 20000,1000000 --database sqlite          # or postgres://USER@HOST/NAME, which must be empty
 *
 * Prints for each search the median and 95th percentile in milliseconds and the server's processor time a request, at each
 * size, and how many bytes an instance takes in the index. Without a URL, `postgres` starts a server of its own.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
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
import { searchesOf } from './searches.js';
import { fillIndex, INSTANCES_OF_STUDY, settle } from './synthetic-index.js';

const WARM_UPS = 30;
const REQUESTS = 300;

const { values: options } = parseArgs({
  options: {
    studies: { type: 'string', default: '20000,1000000' },
    database: { type: 'string', default: 'sqlite' },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Timing {
  readonly name: string;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly processorMs: number;
}

async function measure(place: DatabasePlace, folder: string, studies: number): Promise<readonly Timing[]> {
  const database = await Database.open(place);
  try {
    const startedAt = Date.now();
    await fillIndex(database, studies);
    await settle(place);
    say(`${studies} studies and ${studies * INSTANCES_OF_STUDY} instances in ${(Date.now() - startedAt) / 1000} s`);
  } finally {
    await database.close();
  }
  say(`${Math.round((await sizeOf(place)) / studies / INSTANCES_OF_STUDY)} bytes an instance in the index`);
  const places = { ...placesInFolder(folder), database: place };
  const token = await curatorTokenOf(places);
  const server = await ServedProcess.start(places);
  try {
    const timings: Timing[] = [];
    for (const { name, query, count } of searchesOf(studies)) {
      const times: number[] = [];
      let processorMs = 0;
      for (let n = -WARM_UPS; n < REQUESTS; n++) {
        if (n === 0) processorMs = server.processorMs;
        const startedAt = performance.now();
        const response = await server.fetch(token, `/studies?${query(n + WARM_UPS)}`);
        const found: unknown = await response.json();
        if (n >= 0) times.push(performance.now() - startedAt);
        const isRight = Array.isArray(found) && found.length === count(n + WARM_UPS);
        if (!isRight) throw new Error(`${name}: ${response.status}, ${JSON.stringify(found).slice(0, 200)}`);
      }
      times.sort((a, b) => a - b);
      timings.push({
        name,
        medianMs: times[Math.floor(REQUESTS / 2)] ?? 0,
        p95Ms: times[Math.floor(REQUESTS * 0.95)] ?? 0,
        processorMs: (server.processorMs - processorMs) / REQUESTS,
      });
    }
    return timings;
  } finally {
    await server.stop();
  }
}

/** Bytes of the index on disk. */
async function sizeOf(place: DatabasePlace): Promise<number> {
  if (place.kind === 'sqlite') return (await stat(place.path)).size;
  const client = new pg.Client({ connectionString: place.url });
  await client.connect();
  const { rows } = await client.query('select pg_database_size(current_database()) as bytes');
  await client.end();
  return Number(rows[0]?.bytes);
}

async function emptyPlace(studies: number, folder: string, server: string | undefined): Promise<DatabasePlace> {
  if (server === undefined) return { kind: 'sqlite', path: join(folder, 'index.sqlite') };
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`create database scale_${studies}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/scale_${studies}`;
  return parseDatabasePlace(url.href);
}

const postgres = options.database === 'postgres' ? await startPostgres() : undefined;
const server = postgres?.url ?? (options.database.startsWith('postgres') ? options.database : undefined);
try {
  const results = new Map<number, readonly Timing[]>();
  for (const studies of options.studies.split(',').map(Number)) {
    const folder = await mkdtemp(join(tmpdir(), 'nccid-scale-'));
    results.set(studies, await measure(await emptyPlace(studies, folder, server), folder, studies));
    await rm(folder, { recursive: true });
  }
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
} finally {
  await postgres?.remove();
}
