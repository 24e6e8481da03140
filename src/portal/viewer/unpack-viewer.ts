/**
 * From the package, as npm gives it, to a folder that can be served: only what the viewer needs, with its own address found
 * when it runs, and packed once for all who will ask for it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, createGunzip, gzip } from 'node:zlib';
import { ArchiveError } from '../../errors.js';
import { readTar } from './tar-reader.js';
import { readContents } from './viewer-files.js';
import {
  CONTENTS_FILE,
  ENCODINGS,
  releaseFolder,
  VIEWER_PACKAGE,
  type ViewerContents,
  type ViewerFile,
} from './viewer-package.js';

const DIST = 'package/dist/';
const LICENCE = 'package/LICENSE';
/**
 * Not served: 130 MB of inference for models that would come from elsewhere, pages and configurations for other servers, and a
 * service worker that would fetch its code from elsewhere.
 */
const LEFT_OUT =
  /^(?:ort\/|assets\/(?!images\/)|(?:sw|init-service-worker|app-config|google|oidc-client\.min|es6-shim\.min)\.js$|[^/]*\.(?:html|json|map)$|_)/;
const PACKED = /\.(?:css|js|svg|wasm)$/;
const SMALLEST_PACKED_BYTES = 1_024;

/**
 * The viewer was built for the root of a server. Each of its scripts sets this once, and reads it before it loads another; its
 * style sheets name fonts beside them.
 */
const PUBLIC_PATH = '__webpack_require__.p = "/";';
const OWN_PATH = '__webpack_require__.p = new URL(".", globalThis.document?.currentScript?.src ?? location.href).href;';

const ROOT_URL = /url\(\/(?!\/)/g;

const packBrotli = promisify(brotliCompress);
const packGzip = promisify(gzip);

/**
 * Unpack the package into its folder below `viewerFolder`; it is there as a whole or not at all.
 * @param tarball where the package is
 * @throws ArchiveError `corrupt` when it is not the package that is pinned
 */
export async function unpackViewer(
  tarball: string,
  viewerFolder: string,
  integrity = VIEWER_PACKAGE.integrity,
): Promise<void> {
  await expectIntegrity(tarball, integrity);
  const folder = releaseFolder(viewerFolder);
  const making = `${folder}.${randomUUID()}`;
  try {
    await mkdir(making, { recursive: true });
    const contents = await unpack(tarball, making);
    await writeFile(join(making, CONTENTS_FILE), JSON.stringify(contents));
    await putInPlace(making, viewerFolder);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function expectIntegrity(tarball: string, integrity: string): Promise<void> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(tarball), hash);
  if (`sha512-${hash.digest('base64')}` === integrity) return;
  throw new ArchiveError('corrupt', 'The package of the viewer is not the one that this version of the archive names.');
}

async function unpack(tarball: string, folder: string): Promise<ViewerContents> {
  const files: ViewerFile[] = [];
  let page = '';
  const inflated = createGunzip();
  // Whoever reads the archive learns of it as well.
  pipeline(createReadStream(tarball), inflated).catch(() => {});
  try {
    for await (const { path: packed, body } of readTar(inflated)) {
      if (!packed.startsWith(DIST) && packed !== LICENCE) continue;
      const path = packed === LICENCE ? 'LICENSE.txt' : packed.slice(DIST.length);
      if (path === 'index.html') page = body.toString();
      if (!LEFT_OUT.test(path)) files.push(await writeForms(folder, path, atOwnPath(path, body)));
    }
  } finally {
    inflated.destroy();
  }
  return {
    files,
    script: namedIn(page, /src="\/(app\.bundle\.\w+\.js)"/),
    style: namedIn(page, /href="\/([\w.]+\.css)"/),
  };
}

function atOwnPath(path: string, body: Buffer): Buffer {
  if (path.endsWith('.css')) return Buffer.from(body.toString().replace(ROOT_URL, 'url('));
  const isScript = path.endsWith('.js') && body.includes(PUBLIC_PATH);
  return isScript ? Buffer.from(body.toString().replace(PUBLIC_PATH, OWN_PATH)) : body;
}

async function writeForms(folder: string, path: string, body: Buffer): Promise<ViewerFile> {
  const place = join(folder, path);
  await mkdir(dirname(place), { recursive: true });
  const isPacked = PACKED.test(path) && body.length >= SMALLEST_PACKED_BYTES;
  const forms = {
    identity: body,
    ...(isPacked ? { br: await packBrotli(body, brotliOptions(body)), gzip: await packGzip(body, { level: 9 }) } : {}),
  };
  const bytes: Partial<Record<keyof typeof forms, number>> = {};
  for (const encoding of ['identity', 'br', 'gzip'] as const) {
    const form = forms[encoding];
    if (form === undefined) continue;
    await writeFile(place + ENCODINGS[encoding], form);
    bytes[encoding] = form.length;
  }
  return { path, bytes };
}

const brotliOptions = (body: Buffer) => ({
  params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
});

function namedIn(page: string, pattern: RegExp): string {
  const name = pattern.exec(page)?.[1];
  if (name === undefined) throw new ArchiveError('corrupt', 'The package of the viewer has no page that can be read.');
  return name;
}

async function putInPlace(made: string, viewerFolder: string): Promise<void> {
  const folder = releaseFolder(viewerFolder);
  if ((await readContents(viewerFolder)) === undefined) await remove(folder);
  await rename(made, folder).catch(async (error: unknown) => {
    // Somebody else was as fast.
    if ((await readContents(viewerFolder)) === undefined) throw error;
  });
}

/** Remove the rest of one that broke off: under another name, for somebody else may put his own there meanwhile. */
async function remove(folder: string): Promise<void> {
  const aside = `${folder}.${randomUUID()}`;
  try {
    await rename(folder, aside);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}
