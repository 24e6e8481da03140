/** What a hospital's IT department copies: it names what there is, and no secret. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBlobsPlace, parseDatabasePlace } from '../src/archive/places.js';
import { loadConfig } from '../src/config.js';

const compose = readFileSync('compose.yaml', 'utf8');
const example = readFileSync('deploy/example.env', 'utf8');
const nginx = readFileSync('deploy/nginx.conf', 'utf8');

/** The variables that compose.yaml takes from the file beside it. */
const taken = new Set([...compose.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
const exampleValues = Object.fromEntries(
  [...example.matchAll(/^(?:# )?([A-Z_0-9]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
);

describe('compose.yaml', () => {
  it('takes from its environment what the example tells of, and nothing else', () => {
    expect([...taken].sort()).toEqual(Object.keys(exampleValues).sort());
  });

  it('gives the nodes settings that they take', () => {
    const filled = (text: string): string => text.replace(/\$\{(\w+)\}/g, (_, name) => exampleValues[name] ?? '');
    const defaultOf = (name: string): string =>
      filled(new RegExp(`${name}: \\$\\{${name}:-(.*)\\}$`, 'm').exec(compose)?.[1] ?? '');
    expect(parseDatabasePlace(defaultOf('NCCID_DATABASE_URL')).kind).toBe('postgres');
    expect(parseBlobsPlace(defaultOf('NCCID_BLOBS'))).toMatchObject({ kind: 's3', bucket: 'nccid', isPathStyle: true });
    expect(loadConfig(exampleValues).places).toMatchObject({ database: { kind: 'postgres' }, blobs: { kind: 's3' } });
  });

  it('builds from folders and mounts files that are there, but for the certificate', () => {
    const built = [...compose.matchAll(/build: (\S+)/g)].map(([, path]) => path ?? '');
    const mounted = [...compose.matchAll(/- (\.\/\S+?):/g)].map(([, path]) => path ?? '');
    expect(built.filter((path) => !existsSync(join(path, 'Dockerfile')))).toEqual([]);
    expect(mounted.filter((path) => !existsSync(path))).toEqual(['./deploy/tls']);
  });

  it('puts nginx before just the nodes that it starts', () => {
    const nodes = [...compose.matchAll(/^ {2}(node\d+):/gm)].map(([, name]) => name);
    expect([...nginx.matchAll(/server (node\d+):8080/g)].map(([, name]) => name)).toEqual(nodes);
    expect(readFileSync('Dockerfile', 'utf8')).toContain('EXPOSE 8080');
  });
});

describe('deploy/object-store', () => {
  it('copies into its image all that its script needs', () => {
    const dockerfile = readFileSync('deploy/object-store/Dockerfile', 'utf8');
    const others = readdirSync('deploy/object-store').filter((name) => name !== 'Dockerfile');
    const [, copied = ''] = /^COPY (.*) \S+$/m.exec(dockerfile) ?? [];
    const isCopied = (name: string): boolean =>
      copied.split(' ').some((one) => one === name || (one === '*.conf' && name.endsWith('.conf')));
    expect(others.filter((name) => !isCopied(name))).toEqual([]);
  });
});
