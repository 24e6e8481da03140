/**
 * Orthanc, the archive of others, run as a program beside ours and held to loopback: it binds every address of the machine
 * and has no option against it, so that a library put before its own `bind` gives it 127.0.0.1 alone.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';

const PROGRAM = '/usr/sbin/Orthanc';
const DICOMWEB_PLUGIN = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
const COMPILER = '/usr/bin/cc';
const START_MS = 30_000;

const LOOPBACK_ONLY = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
int bind(int socket, const struct sockaddr *address, socklen_t length) {
  int (*system_bind)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
  struct sockaddr_in loopback;
  if (address->sa_family != AF_INET || length < sizeof loopback) return system_bind(socket, address, length);
  memcpy(&loopback, address, sizeof loopback);
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return system_bind(socket, (struct sockaddr *)&loopback, sizeof loopback);
}
`;

/** Whether this machine has Orthanc, its DICOMweb plugin and a C compiler; when not, one line says so. */
export function hasOrthanc(): boolean {
  const missing = [PROGRAM, DICOMWEB_PLUGIN, COMPILER].find((path) => !existsSync(path));
  if (missing !== undefined) console.info(`Tests with Orthanc did not run: there is no ${missing}.`);
  return missing === undefined;
}

/** A DICOMweb server that Orthanc may send to. */
export interface DICOMwebPeer {
  readonly name: string;
  /** The URL of its DICOMweb services. */
  readonly url: string;
  readonly token: string;
}

export interface RunningOrthanc {
  /** The URL of its DICOMweb services. */
  readonly dicomweb: string;
  /** Addresses it listens on, as `address:port` in the hexadecimal of /proc/net/tcp. */
  listeningOn(): readonly string[];
  /** Add an instance. */
  add(file: Uint8Array): Promise<void>;
  /** Send everything it has by its own STOW client. Gives the state in which the job ended, and what it says of itself. */
  pushAll(peer: string): Promise<{ readonly state: string; readonly description: string }>;
  close(): Promise<void>;
}

/**
 * Start Orthanc in an empty folder of its own, which the caller removes. Close it when done.
 * @param more settings beside those that a test needs
 */
export async function startOrthanc(
  folder: string,
  peer: DICOMwebPeer,
  more: Readonly<Record<string, unknown>> = {},
): Promise<RunningOrthanc> {
  const port = await freePort();
  const configuration = join(folder, 'orthanc.json');
  writeFileSync(configuration, JSON.stringify({ ...configurationOf(folder, port, peer), ...more }));
  const orthanc = spawn(PROGRAM, [configuration], {
    env: { LD_PRELOAD: compileLoopbackOnly(folder) },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  await untilItAnswers(orthanc, `${url}/system`);
  return {
    dicomweb: `${url}/dicom-web`,
    listeningOn: () => listeningOn(port),
    add: async (file) => void (await ask(`${url}/instances`, { method: 'POST', body: file })),
    pushAll: (name) => pushAll(url, name),
    close: async () => {
      if (orthanc.exitCode !== null) return;
      orthanc.kill('SIGTERM');
      await once(orthanc, 'exit');
    },
  };
}

const configurationOf = (folder: string, port: number, { name, url, token }: DICOMwebPeer) => ({
  Name: 'pushing',
  StorageDirectory: folder,
  IndexDirectory: folder,
  Plugins: [DICOMWEB_PLUGIN],
  HttpPort: port,
  RemoteAccessAllowed: false,
  AuthenticationEnabled: false,
  DicomServerEnabled: false,
  SaveJobs: false,
  DicomWeb: {
    Enable: true,
    Servers: { [name]: { Url: `${url}/`, HttpHeaders: { Authorization: `Bearer ${token}` } } },
  },
});

function compileLoopbackOnly(folder: string): string {
  const library = join(folder, 'loopback-only.so');
  execFileSync(COMPILER, ['-shared', '-fPIC', '-x', 'c', '-', '-o', library, '-ldl'], { input: LOOPBACK_ONLY });
  return library;
}

async function untilItAnswers(orthanc: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && orthanc.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(100);
  }
  orthanc.kill('SIGKILL');
  throw new Error('Orthanc did not start.');
}

/** Local addresses of listening sockets of that port, of both kinds of address. */
function listeningOn(port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const LISTEN = '0A';
  return ['/proc/net/tcp', '/proc/net/tcp6'].filter(existsSync).flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([, local = '', , state]) => (state === LISTEN && local.endsWith(suffix) ? [local] : [])),
  );
}

async function pushAll(url: string, peer: string): Promise<{ readonly state: string; readonly description: string }> {
  const studies = await ask(`${url}/studies`);
  const body = JSON.stringify({ Resources: studies, Synchronous: false });
  const started = await ask(`${url}/dicom-web/servers/${peer}/stow`, { method: 'POST', body });
  const id = memberOf(started, 'ID');
  for (;;) {
    const job = await ask(`${url}/jobs/${id}`);
    const state = memberOf(job, 'State');
    if (state !== 'Pending' && state !== 'Running') return { state, description: JSON.stringify(job) };
    await sleep(100);
  }
}

async function ask(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`Orthanc answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

function memberOf(answer: unknown, name: string): string {
  const members = new Map(Object.entries(typeof answer === 'object' && answer !== null ? answer : {}));
  return String(members.get(name));
}
