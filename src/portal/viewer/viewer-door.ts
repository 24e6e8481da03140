/** What is asked for below /viewer: a file of the viewer, its configuration, or, for whoever is signed in, the page it runs in. */
import { createReadStream } from 'node:fs';
import type { Request, Response } from 'express';
import { notFound } from '../../errors.js';
import { PrematureClose, writePieces } from '../../http/write-pieces.js';
import { html } from '../html.js';
import { sendPage } from '../page.js';
import { NEXT, SIGN_IN_PATH } from '../sign-in.js';
import { type Doorkeeper, mayView, visitorOf } from '../visitor.js';
import { viewerConfiguration } from './viewer-configuration.js';
import { ViewerFiles } from './viewer-files.js';
import { type Encoding, VIEWER_RELEASE, type ViewerFile } from './viewer-package.js';
import { VIEWER_HEADERS, viewerPage, WORKER_POLICY } from './viewer-page.js';

export interface ViewerDoorOptions {
  readonly doorkeeper: Doorkeeper;
  /** The path of the portal, without a slash at its end. */
  readonly base: string;
  readonly publicURL: string;
  readonly dicomwebPath: string;
  readonly viewerFolder: string;
}

const READ_BYTES = 256 * 1024;
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  ico: 'image/x-icon',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  woff2: 'font/woff2',
};
const ABORTS: ReadonlySet<string> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE']);
/** The routes of the viewer itself have none. */
const FILE_ENDING = /\.([A-Za-z0-9]{1,8})$/;

export class ViewerDoor {
  readonly #options: ViewerDoorOptions;
  #files: Promise<ViewerFiles | undefined> | undefined;

  constructor(options: ViewerDoorOptions) {
    this.#options = options;
  }

  /** Answer a GET of /viewer or below it. */
  async answer(request: Request, response: Response): Promise<void> {
    const path = request.path.slice('/viewer'.length);
    if (path === '/app-config.js') return this.#sendConfiguration(response);
    const files = await this.#open();
    if (path.startsWith(`/${VIEWER_RELEASE}/`)) {
      const file = files?.find(path.slice(VIEWER_RELEASE.length + 2));
      if (files === undefined || file === undefined) throw notFound();
      return sendFile(request, response, files, file);
    }
    if (FILE_ENDING.test(path)) throw notFound();
    if (await this.#turnAway(request, response)) return;
    if (files === undefined) return this.#tellHowToGetIt(response);
    response
      .set(VIEWER_HEADERS)
      .type('html')
      .send(viewerPage(`${this.#options.base}/viewer`, files));
  }

  /** Opened when it is first asked for; one that is fetched while the archive is served is found as well. */
  async #open(): Promise<ViewerFiles | undefined> {
    this.#files ??= ViewerFiles.open(this.#options.viewerFolder);
    const files = await this.#files;
    if (files === undefined) this.#files = undefined;
    return files;
  }

  #sendConfiguration(response: Response): void {
    response
      .set({ ...VIEWER_HEADERS, 'Cache-Control': 'no-cache' })
      .type('text/javascript')
      .send(viewerConfiguration(this.#options));
  }

  /** Whether somebody was sent away who has nothing to look at. */
  async #turnAway(request: Request, response: Response): Promise<boolean> {
    const { doorkeeper, base } = this.#options;
    const { caller } = await visitorOf(doorkeeper, request);
    if (caller === undefined) {
      response.redirect(303, `${base}${SIGN_IN_PATH}?${NEXT}=${encodeURIComponent(base + request.url)}`);
      return true;
    }
    if (mayView(caller)) return false;
    response.redirect(303, `${base}/`);
    return true;
  }

  #tellHowToGetIt(response: Response): void {
    const main = html`<h1>The viewer is not here yet</h1>
<p>The archive is served without it, because it could not be fetched when the archive was set up. Whoever runs the archive gets
it, while the archive is served, by</p>
<p><code>nccid fetch viewer</code></p>
<p>or, from a checkout, <code>npm run build &amp;&amp; node dist/start.cjs fetch viewer</code>. Then load this page again.</p>`;
    sendPage(response, { base: this.#options.base, title: 'No viewer', main }, 503);
  }
}

/** Send a file of the viewer; its name holds the release, so it never changes. Who takes no bytes for `writeMs` is cut off. */
export async function sendFile(
  request: Request,
  response: Response,
  files: ViewerFiles,
  file: ViewerFile,
  writeMs?: number,
): Promise<void> {
  const encoding = chooseEncoding(request.headers['accept-encoding'], file);
  response.set({
    ...VIEWER_HEADERS,
    'Content-Security-Policy': WORKER_POLICY,
    'Cache-Control': 'public, max-age=31536000, immutable',
    'Content-Type': MEDIA_TYPES[FILE_ENDING.exec(file.path)?.[1] ?? ''] ?? 'application/octet-stream',
    'Content-Length': String(file.bytes[encoding]),
    Vary: 'Accept-Encoding',
    ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
  });
  if (request.method === 'HEAD') return void response.end();
  await writePieces(response, bytesOf(files.placeOf(file, encoding)), writeMs).catch((error: NodeJS.ErrnoException) => {
    // Whoever leaves a page breaks off what it was still loading.
    if (!(error instanceof PrematureClose) && !ABORTS.has(error.code ?? '')) throw error;
  });
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  yield* createReadStream(path, { highWaterMark: READ_BYTES });
}

/**
 * Choose the smallest form that is there of those that Accept-Encoding names. Its weights are not looked at: no browser refuses
 * an encoding by `q=0`.
 */
function chooseEncoding(accepted: string | undefined, { bytes }: ViewerFile): Encoding {
  const names = (accepted ?? '').split(',').map((one) => one.split(';')[0]?.trim().toLowerCase());
  return (
    (['br', 'gzip'] as const).find((encoding) => bytes[encoding] !== undefined && names.includes(encoding)) ??
    'identity'
  );
}
