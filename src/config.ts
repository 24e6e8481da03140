/** The settings of a process, from its command line and its environment: the only place that reads the latter. */
import { isIP } from 'node:net';
import { type ArchivePlaces, parseBlobsPlace, parseDatabasePlace, placesInFolder } from './archive/places.js';
import type { AllowedOrigins } from './dicomweb/cross-origin.js';
import { ArchiveError, invalidRequest } from './errors.js';

export interface Config {
  /** Where the archive is. */
  readonly places: ArchivePlaces;
  /** What the keys that sign tokens are encrypted with. */
  readonly keyPassphrase: string | undefined;
  readonly port: number;
  readonly host: string;
  /** The URL under which clients see the archive, without a slash at its end. */
  readonly publicURL: string;
  /** Where the viewer is unpacked, or would be. */
  readonly viewerFolder: string;
  /** The origins whose pages may read answers in a browser, beside that of the archive itself. */
  readonly corsOrigins: AllowedOrigins;
  /** Whether DICOMweb is answered to the letter where clients in use break it. */
  readonly isStrict: boolean;
  /** How many bytes are kept on disk of pictures that have been made. */
  readonly cacheBytes: number;
}

/** Settings as texts from a command line. */
export interface ConfigFlags {
  readonly data?: string | undefined;
  readonly database?: string | undefined;
  readonly blobs?: string | undefined;
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly publicURL?: string | undefined;
}

const CACHE_BYTES = 1024 ** 3;
const DATA_FOLDER = './data/archive';
const VIEWER_FOLDER = './data/viewer';
const HOST_NAME = /^(?!-)[A-Za-z0-9.-]{1,253}$/;

/**
 * Read the settings: a flag wins over the environment, the environment over the default. A variable that is set to nothing
 * is not set.
 * @throws ArchiveError `invalid-request`, naming the setting that is bad
 */
export function loadConfig(
  env: NodeJS.ProcessEnv = process.env,
  flags: ConfigFlags = {},
  defaultDataFolder = DATA_FOLDER,
): Config {
  const setting = (flag: string | undefined, variable: string, fallback: string): string =>
    flag ?? (env[variable] || fallback);
  const inFolder = placesInFolder(
    folderOf('The archive folder (NCCID_DATA, --data)', setting(flags.data, 'NCCID_DATA', defaultDataFolder)),
  );
  const database = setting(flags.database, 'NCCID_DATABASE_URL', '');
  const blobs = setting(flags.blobs, 'NCCID_BLOBS', '');
  const places = {
    database:
      database === '' ? inFolder.database : named('NCCID_DATABASE_URL, --database', database, parseDatabasePlace),
    blobs: blobs === '' ? inFolder.blobs : named('NCCID_BLOBS, --blobs', blobs, parseBlobsPlace),
  };
  if (places.database.kind === 'postgres' && blobs === '') {
    throw invalidRequest(
      'Beside an index that nodes share it must be said where the files are (NCCID_BLOBS, --blobs).',
    );
  }
  const port = portOf(setting(flags.port, 'NCCID_PORT', '8080'));
  const host = hostOf(setting(flags.host, 'NCCID_HOST', '127.0.0.1'));
  const ownURL = `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const publicURL = publicURLOf(setting(flags.publicURL, 'NCCID_PUBLIC_URL', ownURL));
  return {
    places,
    keyPassphrase: env['NCCID_KEY_PASSPHRASE'] || undefined,
    port,
    host,
    publicURL,
    viewerFolder: folderOf('The folder of the viewer (NCCID_VIEWER)', env['NCCID_VIEWER'] || VIEWER_FOLDER),
    corsOrigins: corsOriginsOf(env['NCCID_CORS_ORIGINS'] ?? ''),
    isStrict: isTrue('NCCID_STRICT', env['NCCID_STRICT'] || 'false'),
    cacheBytes: cacheBytesOf(env['NCCID_CACHE_BYTES'] || String(CACHE_BYTES)),
  };
}

/** Read a setting, and name it where it is bad. */
function named<T>(name: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    throw error instanceof ArchiveError ? invalidRequest(`${error.message} (${name})`) : error;
  }
}

function folderOf(name: string, text: string): string {
  if (text === '' || text.includes('\0')) throw invalidRequest(`${name} is not a path.`);
  return text;
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw invalidRequest('The port (NCCID_PORT, --port) is not a number from 1 to 65535.');
  return port;
}

function hostOf(text: string): string {
  if (isIP(text) === 0 && !HOST_NAME.test(text)) {
    throw invalidRequest('The host (NCCID_HOST, --host) is neither an IP address nor a host name.');
  }
  return text;
}

function publicURLOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isWeb || url.username !== '' || url.password !== '' || /[?#]/.test(text)) {
    throw invalidRequest(
      'The public URL (NCCID_PUBLIC_URL, --public-url) is not an http or https URL without user, query and fragment.',
    );
  }
  return withoutSlashesAtEnd(url.href);
}

function cacheBytesOf(text: string): number {
  const bytes = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(bytes)) throw invalidRequest('The size of the cache (NCCID_CACHE_BYTES) is not a number of bytes.');
  return bytes;
}

function isTrue(variable: string, text: string): boolean {
  if (text !== 'true' && text !== 'false') throw invalidRequest(`The setting ${variable} is neither true nor false.`);
  return text === 'true';
}

function corsOriginsOf(text: string): AllowedOrigins {
  const origins = text.split(',').map((one) => one.trim());
  if (origins.length === 1 && origins[0] === '*') return '*';
  return new Set(origins.filter((one) => one !== '').map(originOf));
}

/** As browsers send it: no path, no default port. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isWeb || url.href !== `${url.origin}/`) {
    throw invalidRequest(
      'The origins of CORS (NCCID_CORS_ORIGINS) are http or https URLs without a path, with commas between, or *.',
    );
  }
  return url.origin;
}

function withoutSlashesAtEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === '/') end--;
  return text.slice(0, end);
}
