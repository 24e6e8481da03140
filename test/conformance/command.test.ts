/** The suite as its users run it: `npm run conformance -- …`. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALL_CHECKS } from '../../conformance/all-checks.js';
import { isMeant, parseOptions, UsageError } from '../../conformance/options.js';
import { freePort } from '../support/free-port.js';
import { startArchive } from '../support/running-archive.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const IDS = ALL_CHECKS.map(({ id }) => id);

interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

function conformance(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'conformance/run.ts', ...args]);
    const [output, errors]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (piece: Buffer) => output.push(piece));
    child.stderr.on('data', (piece: Buffer) => errors.push(piece));
    child.on('error', reject);
    child.on('close', (status) =>
      resolve({ status, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() }),
    );
  });
}

describe('npm run conformance', () => {
  it('is in package.json', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(scripts.conformance).toBe('tsx conformance/run.ts');
  });

  it('ends with 0 when all that is asked holds, and writes its reports', async () => {
    const archive = await startArchive();
    const folder = temporaryFolder();
    try {
      const token = await archive.token({ kind: 'curator' });
      const files = ['json', 'junit', 'html'].flatMap((name) => [`--${name}`, join(folder, name)]);
      const run = await conformance('--url', archive.base, '--token', token, '--only', 'QP-01,SW-1', ...files);
      expect(run.status).toBe(2);
      const ended = await conformance('--url', `${archive.base}/`, '--token', token, '--only', 'qp-01, MP-', ...files);
      expect([ended.status, ended.errors]).toEqual([0, '']);
      expect(ended.output).toMatch(/Multipart .* 7\/7/);
      const report = JSON.parse(readFileSync(join(folder, 'json'), 'utf8'));
      expect(report.results.map(({ id }: { id: string }) => id)).toContain('QP-01');
      expect(readFileSync(join(folder, 'junit'), 'utf8')).toContain('<testsuites');
      expect(readFileSync(join(folder, 'html'), 'utf8')).toContain('<!doctype html>');
      for (const name of ['json', 'junit', 'html'])
        expect(readFileSync(join(folder, name), 'utf8')).not.toContain(token);
      expect(ended.output).not.toContain(token);
    } finally {
      await archive.close();
    }
  });

  it('ends with 1 when a requirement of level M does not hold', async () => {
    const server = createServer((_request, response) => response.writeHead(500).end());
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    try {
      const { status, output } = await conformance(
        '--url',
        `http://127.0.0.1:${port}`,
        '--only',
        'ST-01',
        '--read-only',
      );
      expect([status, output.startsWith('FAIL ST-01')]).toEqual([1, true]);
    } finally {
      server.close();
    }
  });

  it('tells no token, not even when the server says it back', async () => {
    const server = createServer((request, response) => {
      response.writeHead(500, { 'Content-Type': 'text/plain', 'X-Echo': request.headers.authorization ?? '' });
      response.end(`You are ${request.headers.authorization}.`);
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const json = join(temporaryFolder(), 'json');
    try {
      const secret = 'se"cret&token';
      const args = ['--url', `http://127.0.0.1:${port}`, '--token', secret, '--only', 'ST-,SW-10', '--json', json];
      const { output } = await conformance(...args);
      expect(output).toContain('You are Bearer TOKEN');
      expect(output + readFileSync(json, 'utf8')).not.toMatch(/se\\*"cret/);
    } finally {
      server.close();
    }
  });

  it('ends with 2 when there is no server, or what it is asked makes no sense', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    for (const args of [
      ['--url', nobody],
      [],
      ['--url', 'ftp://x'],
      ['--url', nobody, '--only', 'ZZ-01'],
      ['--nothing'],
    ]) {
      const { status, errors } = await conformance(...args);
      expect([status, errors !== ''], args.join(' ')).toEqual([2, true]);
    }
    expect((await conformance('--help')).status).toBe(0);
  });
});

describe('parseOptions', () => {
  it('takes the token that reads for the one that stores', () => {
    expect(parseOptions(['--url', 'http://x/dw', '--token', 'a'], IDS).storeToken).toBe('a');
    expect(parseOptions(['--url', 'http://x/dw', '--token', 'a', '--store-token', 'b'], IDS).storeToken).toBe('b');
  });

  it.each([
    [['--url', 'http://x/?a=b']],
    [['--url']],
    [['--url', 'http://x', 'more']],
    [['--url', 'http://x', '--only', '']],
  ])('refuses %j', (args) => {
    expect(() => parseOptions(args, IDS)).toThrow(UsageError);
  });

  it('means by a word with a dash at its end all that begin so', () => {
    expect(IDS.filter((id) => isMeant('MA-', id))).toHaveLength(21);
    expect(IDS.filter((id) => isMeant('MA-01', id))).toEqual(['MA-01']);
  });
});
