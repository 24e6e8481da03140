/** `nccid fetch viewer` with npm itself, and a registry that has one package. */
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { addFetchCommand, type Patience } from '../../src/cli/fetch.js';
import { buildProgram, runProgram } from '../../src/cli/program.js';
import { loadConfig } from '../../src/config.js';
import { silentLog } from '../../src/log.js';
import { unpackViewer } from '../../src/portal/viewer/unpack-viewer.js';
import { readContents } from '../../src/portal/viewer/viewer-files.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { packageOf } from '../support/viewer-package.js';

const { tarball, integrity } = packageOf();
const VERSION = '1.2.3';

let registry: Server;
let url: string;
let downloads = 0;
/** Whether the registry begins to send the package, and never ends. */
let isEndless = false;
beforeAll(async () => {
  registry = createServer((request, response) => {
    if (request.url?.endsWith('.tgz') === true) {
      downloads += 1;
      if (isEndless) return void response.write(tarball.subarray(0, 10));
      response.end(tarball);
      return;
    }
    const dist = { tarball: `${url}/viewer.tgz`, integrity };
    const versions = { [VERSION]: { name: 'made-up-viewer', version: VERSION, dist } };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ name: 'made-up-viewer', 'dist-tags': { latest: VERSION }, versions }));
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
afterAll(async () => {
  registry.closeAllConnections();
  await new Promise((resolve) => registry.close(resolve));
});

let folder: string;
beforeEach(() => {
  folder = join(temporaryFolder(), 'viewer');
  vi.stubEnv('npm_config_registry', url);
  vi.stubEnv('npm_config_cache', join(folder, '../cache'));
  vi.stubEnv('npm_config_fetch_retries', '0');
  return () => vi.unstubAllEnvs();
});

async function fetchViewer(args: readonly string[] = [], expected = integrity, patience?: Patience) {
  const printed: string[] = [];
  const errors: string[] = [];
  const output = { print: (line: string) => printed.push(line), printError: (line: string) => errors.push(line) };
  const viewer = {
    name: 'made-up-viewer',
    version: VERSION,
    isIn: async (place: string) => (await readContents(place)) !== undefined,
    unpack: (file: string, place: string) => unpackViewer(file, place, expected),
  };
  const program = buildProgram({
    commands: [addFetchCommand(viewer, patience)],
    output,
    readSettings: (flags) => loadConfig({ NCCID_VIEWER: folder }, flags),
    log: silentLog,
    isWatched: false,
    now: Date.now,
  });
  return { status: await runProgram(program, ['fetch', 'viewer', ...args], output), printed, errors };
}

describe('nccid fetch viewer', () => {
  it('gets the package by npm, from the registry npm is set up with, once', async () => {
    downloads = 0;
    expect(await fetchViewer()).toMatchObject({
      status: 0,
      printed: [`made-up-viewer ${VERSION} is now in ${folder}`],
    });
    expect((await readContents(folder))?.files.length).toBeGreaterThan(0);
    expect(await fetchViewer()).toEqual({
      status: 0,
      printed: [`made-up-viewer ${VERSION} is in ${folder}`],
      errors: [],
    });
    expect(downloads).toBe(1);
  });

  it('keeps nothing of a package that is not the one it names', async () => {
    const outcome = await fetchViewer([], 'sha512-other');
    expect(outcome).toMatchObject({ status: 1, printed: [] });
    expect(outcome.errors.at(-1)).toMatch(/not the one that this version of the archive names\.$/);
    expect(await readContents(folder)).toBeUndefined();
  });

  it('says in a sentence that it can not be had, and with --optional is content', async () => {
    vi.stubEnv('npm_config_registry', 'http://127.0.0.1:1');
    const outcome = await fetchViewer();
    expect([outcome.status, outcome.errors.at(-1)]).toEqual([1, `npm can not get made-up-viewer@${VERSION} now.`]);
    const optional = await fetchViewer(['--optional']);
    expect([optional.status, optional.errors.at(-1)]).toEqual([
      0,
      `npm can not get made-up-viewer@${VERSION} now. The archive is served without a viewer.`,
    ]);
  });

  it('is content with --optional when there is no place for it, and says why', async () => {
    const file = join(temporaryFolder(), 'a file');
    await writeFile(file, '');
    folder = join(file, 'viewer');
    const outcome = await fetchViewer();
    expect([outcome.status, outcome.errors.at(-1)]).toEqual([1, expect.stringMatching(/^ENOTDIR: .*'$/)]);
    const optional = await fetchViewer(['--optional']);
    expect([optional.status, optional.errors.at(-1)]).toEqual([
      0,
      expect.stringMatching(/^ENOTDIR: .*'\. The archive is served without a viewer\.$/),
    ]);
  });

  it('waits with --optional neither for a registry that is mute nor for a package without end', async () => {
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('npm_config_registry', `http://127.0.0.1:${(mute.address() as AddressInfo).port}`);
    const unheard = await fetchViewer(['--optional'], integrity, { answer: 300, whole: 60_000 });
    expect([unheard.status, unheard.errors.at(-1)]).toEqual([0, expect.stringMatching(/^npm can not get .* now\./)]);
    mute.closeAllConnections();
    mute.close();

    isEndless = true;
    vi.stubEnv('npm_config_registry', url);
    downloads = 0;
    const endless = await fetchViewer(['--optional'], integrity, { whole: 6_000 });
    isEndless = false;
    expect([endless.status, endless.errors.at(-1)]).toEqual([0, expect.stringMatching(/^npm can not get .* now\./)]);
    expect(downloads).toBe(1);
  }, 60_000);
});
