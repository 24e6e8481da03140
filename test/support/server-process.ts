/** The built server in a process of its own, as it runs in a hospital, with what the system says of its memory and time. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { multipartBody, type RunningArchive } from './running-archive.js';

/** What `npm run build` makes. */
const PROGRAM = fileURLToPath(new URL('../../dist/start.cjs', import.meta.url));
const SITE = 'Addenbrookes';
/** USER_HZ, which Linux fixes for what it tells of processes. */
const CLOCK_TICKS_PER_SECOND = 100;

export interface ServerProcess extends Pick<RunningArchive, 'base' | 'url' | 'fetch' | 'store'> {
  readonly siteToken: string;
  readonly curatorToken: string;
  /** Resident memory now and at its highest since `forgetPeak`, in MiB. */
  memory(): Promise<{ readonly nowMiB: number; readonly peakMiB: number }>;
  /** Begin a new peak at what is resident now. */
  forgetPeak(): Promise<void>;
  /** Processor time used so far, in milliseconds. */
  processorMs(): Promise<number>;
  /** End it as an operator would. Gives its exit code. */
  close(): Promise<number | null>;
}

/** Start the built server over an empty archive of one site. Linux only. Close it when done: that removes its folder. */
export async function startServerProcess(): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'nccid-'));
  const run = async (...words: readonly string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [PROGRAM, '--data', folder, ...words])).stdout.trim();
  await run('site', 'add', SITE);
  const siteToken = await run('token', '--site', SITE);
  const curatorToken = await run('token', '--curator');
  const port = await freePort();
  const server = spawn(process.execPath, [PROGRAM, '--data', folder, 'serve', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(server.stdout, 'data');
  const url = `http://127.0.0.1:${port}`;
  const base = `${url}/dicom-web`;
  const ask: RunningArchive['fetch'] = (token, path, init = {}) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
    return fetch(base + path, { ...init, headers });
  };
  const about = (file: string): string => `/proc/${server.pid}/${file}`;
  return {
    base,
    url,
    siteToken,
    curatorToken,
    fetch: ask,
    store: (token, files, path = '/studies') =>
      ask(token, path, {
        method: 'POST',
        headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=parts' },
        body: multipartBody(files, 'parts'),
      }),
    memory: async () => {
      const status = await readFile(about('status'), 'utf8');
      return { nowMiB: mebibytes(status, 'VmRSS'), peakMiB: mebibytes(status, 'VmHWM') };
    },
    // 5 resets the peak of the resident set: proc(5).
    forgetPeak: () => writeFile(about('clear_refs'), '5'),
    processorMs: async () => processorMs(await readFile(about('stat'), 'utf8')),
    close: async () => {
      if (server.exitCode === null) {
        server.kill('SIGTERM');
        await once(server, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
      return server.exitCode;
    },
  };
}

function mebibytes(status: string, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return Number(kibibytes) / 1024;
}

/** User and system time are the 12th and 13th fields after the name, which stands in parentheses. */
function processorMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_SECOND;
}
