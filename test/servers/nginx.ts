/** nginx with the configuration that ships, before nodes on this machine: only places and ports are other ones. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { untilItAnswers } from '../support/until-it-answers.js';

const CONFIGURATION = join(import.meta.dirname, '../../deploy/nginx.conf');

export interface LoadBalancer {
  /** Its address over TLS, with a certificate that nobody has signed. */
  readonly tlsURL: string;
  /** Its address without TLS. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Start nginx before nodes that listen on these ports. */
export async function startNginx(nodePorts: readonly number[]): Promise<LoadBalancer> {
  const folder = mkdtempSync(join(tmpdir(), 'nccid-nginx-'));
  const [tlsPort, port] = [await freePort(), await freePort()];
  makeCertificate(folder);
  const shipped = readFileSync(CONFIGURATION, 'utf8');
  const servers = nodePorts.map((node) => `server 127.0.0.1:${node} max_fails=1 fail_timeout=2s;`).join('\n');
  const changed = shipped
    .replace(/server node1:8080[^\n]*\n\s*server node2:8080[^\n]*/, servers)
    .replace('listen 8443 ssl http2;', `listen 127.0.0.1:${tlsPort} ssl http2; listen 127.0.0.1:${port};`)
    .replaceAll('/etc/nginx/tls', folder)
    .replace('/tmp/nginx.pid', join(folder, 'nginx.pid'))
    .replace('/dev/stderr', join(folder, 'error.log'))
    .replace('access_log /dev/stdout plain;', 'access_log off;')
    .replace('worker_processes auto;', 'worker_processes 1; daemon off;');
  writeFileSync(join(folder, 'nginx.conf'), changed);
  const server = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await untilItAnswers(`${url}/healthz`);
  return { url, tlsURL: `https://127.0.0.1:${tlsPort}`, stop: () => stop(server, folder) };
}

async function stop(server: ChildProcess, folder: string): Promise<void> {
  const gone = once(server, 'exit');
  server.kill('SIGTERM');
  await gone;
  rmSync(folder, { recursive: true });
}

function makeCertificate(folder: string): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', join(folder, 'archive.key'), '-out', join(folder, 'archive.crt')],
    ],
    { stdio: 'ignore' },
  );
}
