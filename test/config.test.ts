import { describe, expect, it } from 'vitest';
import { placesInFolder } from '../src/archive/places.js';
import { loadConfig } from '../src/config.js';

describe('loadConfig', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toEqual({
      places: placesInFolder('./data/archive'),
      keyPassphrase: undefined,
      port: 8080,
      host: '127.0.0.1',
      publicURL: 'http://127.0.0.1:8080',
      viewerFolder: './data/viewer',
      corsOrigins: new Set(),
      isStrict: false,
      cacheBytes: 1024 ** 3,
    });
  });

  it('takes the environment before the default', () => {
    const env = {
      NCCID_DATA: '/srv/archive',
      NCCID_PORT: '80',
      NCCID_HOST: 'localhost',
      NCCID_VIEWER: '/usr/share/viewer',
      NCCID_PUBLIC_URL: 'https://images.example.org/archive/',
      NCCID_STRICT: 'true',
      NCCID_CACHE_BYTES: '0',
      NCCID_CORS_ORIGINS: 'https://viewer.example.org, http://localhost:3000/,',
    };
    expect(loadConfig(env)).toEqual({
      places: placesInFolder('/srv/archive'),
      keyPassphrase: undefined,
      port: 80,
      host: 'localhost',
      publicURL: 'https://images.example.org/archive',
      viewerFolder: '/usr/share/viewer',
      corsOrigins: new Set(['https://viewer.example.org', 'http://localhost:3000']),
      isStrict: true,
      cacheBytes: 0,
    });
  });

  it('takes a flag before the environment', () => {
    const env = { NCCID_DATA: '/srv/archive', NCCID_PORT: 'bad', NCCID_HOST: 'bad host' };
    const flags = { data: '/tmp/a', port: '81', host: '::1' };
    expect(loadConfig(env, flags)).toEqual({
      places: placesInFolder('/tmp/a'),
      keyPassphrase: undefined,
      port: 81,
      host: '::1',
      publicURL: 'http://[::1]:81',
      viewerFolder: './data/viewer',
      corsOrigins: new Set(),
      isStrict: false,
      cacheBytes: 1024 ** 3,
    });
  });

  it('takes a variable that is set to nothing as not set', () => {
    expect(loadConfig({ NCCID_PORT: '', NCCID_PUBLIC_URL: '' })).toEqual(loadConfig({}));
  });

  it('takes index and blobs from elsewhere than the folder, each by itself', () => {
    const inFolder = placesInFolder('/srv');
    const postgres = { kind: 'postgres', url: 'postgres://u:p@db:5433/nccid?sslmode=require', connections: 20 };
    const s3 = {
      kind: 's3',
      bucket: 'images',
      prefix: 'nccid/one/',
      endpoint: 'http://127.0.0.1:8080',
      region: 'eu-west-2',
      isPathStyle: true,
    };
    const both = {
      NCCID_DATA: '/srv',
      NCCID_DATABASE_URL: postgres.url,
      NCCID_BLOBS: 's3://images/nccid/one/?endpoint=http://127.0.0.1:8080&region=eu-west-2&path-style=true',
    };
    const { NCCID_BLOBS, ...databaseOnly } = both;
    const inOneFolder = { ...databaseOnly, NCCID_BLOBS: '/srv' };
    expect(loadConfig(both).places).toEqual({ database: postgres, blobs: s3 });
    expect(loadConfig(inOneFolder).places).toEqual({ database: postgres, blobs: inFolder.blobs });
    // Each node would keep what it acknowledges in a folder of its own.
    expect(() => loadConfig(databaseOnly)).toThrow('NCCID_BLOBS');
    expect(loadConfig({ NCCID_DATA: '/srv', NCCID_BLOBS }).places).toEqual({ database: inFolder.database, blobs: s3 });
    expect(loadConfig(both, { database: 'sqlite:/a/b.sqlite', blobs: '/c' }).places).toEqual({
      database: { kind: 'sqlite', path: '/a/b.sqlite' },
      blobs: { kind: 'folder', path: '/c' },
    });
  });

  it.each([
    ['s3://bucket', { bucket: 'bucket', prefix: '', endpoint: undefined, region: undefined, isPathStyle: false }],
    ['s3://bucket/', { prefix: '' }],
    ['s3://bucket/a', { prefix: 'a/' }],
  ])('reads the object store %j', (text, expected) => {
    expect(loadConfig({ NCCID_BLOBS: text }).places.blobs).toMatchObject({ kind: 's3', ...expected });
  });

  it('takes how many connections a process opens from the URL, and does not hand it on', () => {
    const url = 'postgresql:///nccid?host=/run/pg&connections=8';
    const { database } = loadConfig({ NCCID_DATABASE_URL: url, NCCID_BLOBS: 's3://bucket' }).places;
    expect(database).toEqual({ kind: 'postgres', url: 'postgresql:///nccid?host=%2Frun%2Fpg', connections: 8 });
  });

  it.each([
    'mysql://db/nccid',
    'postgres://db',
    'postgres://db/',
    'postgres://db/nccid?connections=3',
    'postgres://db/nccid?connections=many',
    'db.example.org',
    'sqlite:',
  ])('refuses the database %j, and repeats no password', (text) => {
    expect(() => loadConfig({ NCCID_DATABASE_URL: text })).toThrow('NCCID_DATABASE_URL');
    expect(() => loadConfig({ NCCID_DATABASE_URL: 'mysql://u:secret@db/nccid' })).toThrow(/^(?!.*secret)/);
  });

  it.each([
    's3://',
    's3:bucket',
    's3://key:secret@bucket/',
    's3://bucket/a//b',
    's3://bucket/a%20b',
    's3://bucket?endpoint=ftp://x',
    's3://bucket?endpoint=https://user:secret@x',
    's3://bucket?path-style=1',
    's3://bucket?pathstyle=true',
    'gs://bucket',
    'https://bucket.s3.amazonaws.com/',
  ])('refuses the blobs %j, and repeats no secret', (text) => {
    expect(() => loadConfig({ NCCID_BLOBS: text })).toThrow('NCCID_BLOBS');
    expect(() => loadConfig({ NCCID_BLOBS: text })).toThrow(/^(?!.*secret)/);
  });

  it.each(['0', '65536', '-1', '80.5', '1e3', 'http', '0x50', ' 80', '999999999999'])('refuses the port %j', (port) => {
    expect(() => loadConfig({ NCCID_PORT: port })).toThrow('NCCID_PORT');
  });

  it.each(['two words', 'a/b', '-x', 'a:80', 'user@host'])('refuses the host %j', (host) => {
    expect(() => loadConfig({ NCCID_HOST: host })).toThrow('NCCID_HOST');
  });

  it.each([
    'images.example.org',
    'ftp://example.org',
    'file:///srv',
    'javascript:alert(1)',
    'https://example.org/?a=b',
    'https://example.org/?',
    'https://example.org/#x',
    'https://user:secret@example.org/',
    'http://',
  ])('refuses the public URL %j', (publicURL) => {
    expect(() => loadConfig({ NCCID_PUBLIC_URL: publicURL })).toThrow('NCCID_PUBLIC_URL');
  });

  it('refuses an empty flag, which hardly was meant', () => {
    expect(() => loadConfig({}, { data: '' })).toThrow('--data');
    expect(() => loadConfig({}, { publicURL: '' })).toThrow('--public-url');
  });

  it('leaves no slash at the end of the public URL', () => {
    for (const slashes of ['', '/', '///']) {
      expect(loadConfig({ NCCID_PUBLIC_URL: `https://example.org${slashes}` }).publicURL).toBe('https://example.org');
    }
  });

  it('HT-09 lets pages of any origin in when it is told so', () => {
    expect(loadConfig({ NCCID_CORS_ORIGINS: ' * ' }).corsOrigins).toBe('*');
    expect(loadConfig({ NCCID_CORS_ORIGINS: 'HTTPS://Viewer.example.org:443' }).corsOrigins).toEqual(
      new Set(['https://viewer.example.org']),
    );
  });

  it.each([
    'viewer.example.org',
    'https://a.example/viewer',
    'https://a.example?x',
    'https://u:p@a.example',
    'null',
    '*,*',
    'ftp://a.example',
  ])('HT-09 refuses an origin of CORS that is none: %s', (text) => {
    expect(() => loadConfig({ NCCID_CORS_ORIGINS: text })).toThrow('NCCID_CORS_ORIGINS');
  });

  it.each(['1', 'yes', 'TRUE', 'strict'])('refuses a strictness of %s', (text) => {
    expect(() => loadConfig({ NCCID_STRICT: text })).toThrow('NCCID_STRICT');
  });
});
