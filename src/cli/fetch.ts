/** `nccid fetch`: get what is served but not part of the program. Packages come by npm, with whatever registry, proxy and cache it is set up with. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ArchiveError } from '../errors.js';
import type { AddCommand, CommandContext } from './context.js';
import { isRefusal } from './refusal.js';

/** The viewer, as far as it takes to get it; `cli` knows how a package is had, not what is made of it. */
export interface Viewer {
  readonly name: string;
  readonly version: string;
  /** Whether it is below this folder already. */
  isIn(folder: string): Promise<boolean>;
  /** Make it of the package, below this folder. @throws ArchiveError `corrupt` when it is another package */
  unpack(tarball: string, folder: string): Promise<void>;
}

/** How long npm is waited for, in milliseconds. */
export interface Patience {
  /** For a registry's first byte, of each of two attempts; as npm is set up when left out. */
  readonly answer?: number;
  /** For everything. */
  readonly whole: number;
}

const PATIENCE: Patience = { whole: 15 * 60_000 };
/** Of a server that waits for it to start. */
const SERVERS_PATIENCE: Patience = { answer: 30_000, whole: 3 * 60_000 };
/** What is in npm's cache is taken from there; where there is no registry, a server that waits to start is told so soon. */
const NPM_OPTIONS = [
  '--prefer-offline',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=1000',
  '--ignore-scripts',
  '--silent',
];

export const addFetchCommand =
  (viewer: Viewer, serversPatience = SERVERS_PATIENCE): AddCommand =>
  (program, context) => {
    program
      .command('fetch')
      .description('get what is served but is not part of the program')
      .command('viewer')
      .description('get the OHIF viewer by npm, unless it is there (NCCID_VIEWER)')
      .option('--optional', 'be content with a sentence when it can not be had, and soon')
      .action(async ({ optional }: { optional?: true }) => {
        const { viewerFolder } = context.config();
        try {
          const patience = optional === true ? serversPatience : PATIENCE;
          context.print(await fetchViewer(viewer, viewerFolder, patience, context));
        } catch (error) {
          if (optional !== true || !isRefusal(error)) throw error;
          // The operating system ends its sentences with no stop.
          context.printError(`${error.message.replace(/\.?$/, '.')} The archive is served without a viewer.`);
        }
      });
  };

async function fetchViewer(
  viewer: Viewer,
  folder: string,
  patience: Patience,
  { printError }: CommandContext,
): Promise<string> {
  const { name, version } = viewer;
  if (await viewer.isIn(folder)) return `${name} ${version} is in ${folder}`;
  printError(`Fetching the viewer, ${name} ${version}: 50 MB, once.`);
  const downloads = await mkdtemp(join(tmpdir(), 'nccid-viewer-'));
  try {
    await viewer.unpack(await download(`${name}@${version}`, downloads, patience), folder);
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
  return `${name} ${version} is now in ${folder}`;
}

/** Let npm put the tarball of a package into an empty folder; gives where it is. */
async function download(specifier: string, folder: string, { answer, whole }: Patience): Promise<string> {
  const timeout = answer === undefined ? [] : [`--fetch-timeout=${answer}`];
  const options = ['--pack-destination', folder, ...timeout, ...NPM_OPTIONS];
  try {
    await promisify(execFile)('npm', ['pack', specifier, ...options], { timeout: whole });
  } catch (error) {
    throw new ArchiveError('unavailable', `npm can not get ${specifier} now.`, { cause: error });
  }
  const [tarball] = await readdir(folder);
  if (tarball === undefined) throw new ArchiveError('unavailable', `npm has got nothing for ${specifier}.`);
  return join(folder, tarball);
}
