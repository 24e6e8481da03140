/** The whole server, put together by hand: the only file that sees everything, and the table of contents of the product. */
import { createServer as createHTTPServer, type Server } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { Authenticator } from './access/authenticate.js';
import { KeyStore } from './access/keys.js';
import { Sessions } from './access/sessions.js';
import type { Archive } from './archive/archive.js';
import type { BlobStore } from './archive/blobs/blob-store.js';
import { type OpenArchive, openArchive, takeServerLock, workingFolderOf } from './archive/open-archive.js';
import { BackgroundIndexing } from './archive/query-attributes/background-indexing.js';
import type { Config } from './config.js';
import type { Database } from './database/database.js';
import { crossOrigin } from './dicomweb/cross-origin.js';
import { sendProblem } from './dicomweb/problem.js';
import { Renderer } from './dicomweb/renderer.js';
import { nameRequest } from './dicomweb/request-id.js';
import { rulesOf } from './dicomweb/rules.js';
import { dicomwebService } from './dicomweb/service.js';
import { ThumbnailPreparation } from './dicomweb/thumbnail-preparation.js';
import { Thumbnails } from './dicomweb/thumbnails.js';
import { ArchiveError, notFound } from './errors.js';
import { expectTakenOnceWritten } from './http/write-pieces.js';
import type { Log } from './log.js';
import { ResultCache } from './pixels/result-cache.js';
import { WorkerPool } from './pixels/worker-pool.js';
import { portal } from './portal/portal.js';

/** Where the DICOMweb services are, under the public URL. */
export const DICOMWEB_PATH = '/dicom-web';

/** A hundred UIDs in a query must fit; Node's own limit of 16 KiB would refuse them with no explanation. */
export const MAX_HEADER_BYTES = 128 * 1024;
export const MAX_TARGET_CHARACTERS = 32 * 1024;
export const HEADERS_TIMEOUT_MS = 10_000;
const DRAIN_MS = 30_000;
const IDLE_CHECK_MS = 50;
/** What writers that died left behind is looked for so often: nodes may run for months. */
const SWEEP_MS = 3_600_000;
/** Requests for commitment that another node has left undone are looked for so often. */
const COMMIT_MS = 30_000;
/** Connections beyond this are closed as they come. */
export const MAX_CONNECTIONS = 10_000;

export interface ServerOptions {
  readonly config: Config;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly maxConnections?: number;
}

export interface RunningServer {
  /** Where it listens. */
  readonly url: string;
  /** Take no more requests, finish those that run within 30 s, and close everything. */
  close(): Promise<void>;
}

/**
 * Open the archive and serve it.
 * @throws ArchiveError `conflict` when another server has the folder, `unavailable` when folder or port can not be had
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log, now } = options;
  const unlock = await takeServerLock(config.places);
  try {
    const opened = await openArchive(config.places, { log, now: () => new Date(now()) });
    return await serve(opened, options, unlock).catch(async (error: unknown) => {
      await opened.close();
      throw error;
    });
  } catch (error) {
    unlock();
    throw error;
  }
}

async function serve(
  { archive, database, blobs, close }: OpenArchive,
  { config, log, now, maxConnections = MAX_CONNECTIONS }: ServerOptions,
  unlock: () => void,
): Promise<RunningServer> {
  await blobs.sweepStaged(new Date(now()));
  await unlessAway(finishDeletions(archive), 'unfinished deletions', log);
  archive.commitments.work();
  const keys = await KeyStore.open({ database, passphrase: config.keyPassphrase, now });
  const authenticator = new Authenticator({ keys, database, now });
  const state = { isDraining: false };
  const pixels = new WorkerPool({ log });
  const folder = workingFolderOf(config.places.blobs);
  const results = await ResultCache.open({ folder, mostBytes: config.cacheBytes, log, now });
  const rendering = renderingOf({ archive, pixels, results, log });
  const app = createApp({ archive, authenticator, pixels, ...rendering, keys, database, config, log, state });
  const server = await listen(app, config);
  const indexing = new BackgroundIndexing({ database, now: () => new Date(now()), log });
  const sweeping = setInterval(() => {
    results.sweep();
    void sweep({ archive, blobs, log, now });
  }, SWEEP_MS).unref();
  const committing = setInterval(() => archive.commitments.work(), COMMIT_MS).unref();
  server.maxConnections = maxConnections;
  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${portOf(server)}`,
    close: async () => {
      state.isDraining = true;
      clearInterval(sweeping);
      clearInterval(committing);
      await drain(server);
      await rendering.preparation.close();
      await Promise.all([archive.commitments.close(), indexing.stop(), pixels.close()]);
      await results.close();
      await close();
      unlock();
    },
  };
}

interface Rendering {
  readonly results: ResultCache;
  readonly renderer: Renderer;
  readonly thumbnails: Thumbnails;
  readonly preparation: ThumbnailPreparation;
}

/** What makes pictures: some before they are asked for, and none any more of what has been deleted. */
function renderingOf({
  archive,
  pixels,
  results,
  log,
}: Pick<AppParts, 'archive' | 'pixels' | 'log'> & { results: ResultCache }): Rendering {
  const renderer = new Renderer({ pixels, results });
  const thumbnails = new Thumbnails({ renderer, results });
  const everything = archive.as({ kind: 'everything' });
  const preparation = new ThumbnailPreparation({ archive: everything, thumbnails, renderer, log });
  archive.changes.onStored((series) => preparation.add(series));
  archive.changes.onDeleted(({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }) =>
    results.drop([studyInstanceUID, seriesInstanceUID, sopInstanceUID].filter((uid) => uid !== undefined).join('/')),
  );
  return { results, renderer, thumbnails, preparation };
}

interface Swept extends Pick<ServerOptions, 'log' | 'now'> {
  readonly archive: Archive;
  readonly blobs: BlobStore;
}

/** How many were swept; none where that fails, which is logged. */
const unlessAway = (sweeping: Promise<number>, what: string, log: Log): Promise<number> =>
  sweeping.catch((err: unknown) => {
    log.warn({ err }, `${what} could not be dealt with`);
    return 0;
  });

const finishDeletions = async ({ deletions }: Archive): Promise<number> => (await deletions.finish()).finished;

/** A store or an index that is away now is swept an hour later. */
async function sweep({ archive, blobs, log, now }: Swept): Promise<void> {
  const uploads = await unlessAway(blobs.sweepStaged(new Date(now())), 'abandoned uploads', log);
  const deletions = await unlessAway(finishDeletions(archive), 'unfinished deletions', log);
  const results = await unlessAway(archive.commitments.sweep(), 'old results of commitment', log);
  if (uploads > 0) log.info({ swept: uploads }, 'abandoned uploads were removed');
  if (deletions > 0) log.info({ deletions }, 'deletions that had broken off were finished');
  if (results > 0) log.info({ results }, 'old results of commitment were removed');
}

interface AppParts {
  readonly archive: Archive;
  readonly authenticator: Authenticator;
  readonly pixels: WorkerPool;
  readonly results: ResultCache;
  readonly renderer: Renderer;
  readonly thumbnails: Thumbnails;
  readonly keys: KeyStore;
  readonly database: Database;
  readonly config: Config;
  readonly log: Log;
  readonly state: { readonly isDraining: boolean };
}

function createApp(parts: AppParts): Express {
  const { archive, authenticator, pixels, results, renderer, thumbnails, keys, database, config, log, state } = parts;
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);

  app.use((_request, response, next) => {
    expectTakenOnceWritten(response);
    next();
  });
  app.use(commonHeaders);
  app.use(nameRequest);
  app.use(crossOrigin(config.corsOrigins));
  app.use(targetLength);

  app.get('/healthz', (_request, response) => void response.json({ status: 'alive' }));
  app.get('/readyz', async (_request, response) => {
    if (state.isDraining) throw new ArchiveError('unavailable', 'The server is shutting down.');
    await database.read.selectFrom('site').select('id').limit(1).execute();
    response.json({ status: 'ready' });
  });
  app.get('/.well-known/jwks.json', async (_request, response) => void response.json(await keys.jwks()));

  const { publicURL, viewerFolder } = config;
  const sessions = new Sessions(publicURL);
  app.use(portal({ authenticator, sessions, publicURL, dicomwebPath: DICOMWEB_PATH, viewerFolder }));
  app.use(
    DICOMWEB_PATH,
    dicomwebService({
      archive,
      authenticator,
      sessions,
      pixels,
      results,
      renderer,
      thumbnails,
      base: `${publicURL}${DICOMWEB_PATH}`,
      rules: rulesOf(config.isStrict),
      log,
    }),
  );

  app.use(() => {
    throw notFound();
  });
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) =>
    sendProblem(asRequestError(error), response, log),
  );
  return app;
}

/** What every answer says of itself. */
function commonHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Cache-Control': 'private, no-cache',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept, Accept-Charset, Accept-Encoding, Origin, Authorization, Cookie',
  });
  next();
}

function targetLength(request: Request, _response: Response, next: NextFunction): void {
  if (request.url.length > MAX_TARGET_CHARACTERS) {
    throw new ArchiveError(
      'request-target-too-long',
      `A request target has at most ${MAX_TARGET_CHARACTERS} characters.`,
    );
  }
  next();
}

/** What Express itself refuses, such as a bad escape in a path, is the client's doing. */
function asRequestError(error: unknown): unknown {
  const isClientError =
    error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400);
  return isClientError ? new ArchiveError('invalid-request', 'The request can not be understood.') : error;
}

async function listen(app: Express, { port, host }: Config): Promise<Server> {
  const server = createHTTPServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: 0,
      keepAliveTimeout: 65_000,
    },
    app,
  );
  // A client that asks before it sends a body is answered by the handler that will read it.
  server.on('checkContinue', app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new ArchiveError('unavailable', `The server can not listen on ${host}:${port}.`, { cause: error })),
    );
    server.listen({ port, host }, resolve);
  });
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A server that listens has a port.');
  return address.port;
}

async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose request has just been finished is kept alive, and has to be closed as well.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(deadline);
}
