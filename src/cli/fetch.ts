/** `nccid fetch`: get what is served but not part of the program. Packages come by npm, with whatever registry, proxy and cache it is set up with. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ArchiveError } from '../errors.js';
import type { AddCommand, CommandContext } from './context.js';

/** The viewer, as far as it takes to get it; `cli` knows how a package is had, not what is made of it. */
export interface Viewer {
  readonly name: string;
  readonly version: string;
  /** Whether it is below this folder already. */
  isIn(folder: string): Promise<boolean>;
  /** Make it of the package, below this folder. @throws ArchiveError `corrupt` when it is another package */
  unpack(tarball: string, folder: string): Promise<void>;
}

const DEADLINE_MS = 15 * 60_000;
/** What is in npm's cache is taken from there; where there is no registry, a server that waits to start is told so soon. */
const NPM_OPTIONS = [
  '--prefer-offline',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=1000',
  '--ignore-scripts',
  '--silent',
];

export const addFetchCommand =
  (viewer: Viewer): AddCommand =>
  (program, context) => {
    program
      .command('fetch')
      .description('get what is served but is not part of the program')
      .command('viewer')
      .description('get the OHIF viewer by npm, unless it is there (NCCID_VIEWER)')
      .option('--optional', 'be content with a sentence when it can not be had')
      .action(async ({ optional }: { optional?: true }) => {
        const { viewerFolder } = context.config();
        try {
          context.print(await fetchViewer(viewer, viewerFolder, context));
        } catch (error) {
          if (optional !== true || !(error instanceof ArchiveError)) throw error;
          context.printError(`${error.message} The archive is served without a viewer.`);
        }
      });
  };

async function fetchViewer(viewer: Viewer, folder: string, { printError }: CommandContext): Promise<string> {
  const { name, version } = viewer;
  if (await viewer.isIn(folder)) return `${name} ${version} is in ${folder}`;
  printError(`Fetching the viewer, ${name} ${version}: 50 MB, once.`);
  const downloads = await mkdtemp(join(tmpdir(), 'nccid-viewer-'));
  try {
    await viewer.unpack(await download(`${name}@${version}`, downloads), folder);
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
  return `${name} ${version} is now in ${folder}`;
}

/** Let npm put the tarball of a package into an empty folder; gives where it is. */
async function download(specifier: string, folder: string): Promise<string> {
  const options = ['--pack-destination', folder, ...NPM_OPTIONS];
  try {
    await promisify(execFile)('npm', ['pack', specifier, ...options], { timeout: DEADLINE_MS });
  } catch (error) {
    throw new ArchiveError('unavailable', `npm can not get ${specifier} now.`, { cause: error });
  }
  const [tarball] = await readdir(folder);
  if (tarball === undefined) throw new ArchiveError('unavailable', `npm has got nothing for ${specifier}.`);
  return join(folder, tarball);
}
