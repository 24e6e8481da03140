import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.js';

describe('loadConfig', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toEqual({
      dataFolder: './data/archive',
      port: 8080,
      host: '127.0.0.1',
      publicURL: 'http://127.0.0.1:8080',
    });
  });

  it('takes the environment before the default', () => {
    const env = {
      NCCID_DATA: '/srv/archive',
      NCCID_PORT: '80',
      NCCID_HOST: 'localhost',
      NCCID_PUBLIC_URL: 'https://images.example.org/archive/',
    };
    expect(loadConfig(env)).toEqual({
      dataFolder: '/srv/archive',
      port: 80,
      host: 'localhost',
      publicURL: 'https://images.example.org/archive',
    });
  });

  it('takes a flag before the environment', () => {
    const env = { NCCID_DATA: '/srv/archive', NCCID_PORT: 'bad', NCCID_HOST: 'bad host' };
    const flags = { data: '/tmp/a', port: '81', host: '::1' };
    expect(loadConfig(env, flags)).toEqual({
      dataFolder: '/tmp/a',
      port: 81,
      host: '::1',
      publicURL: 'http://[::1]:81',
    });
  });

  it('takes a variable that is set to nothing as not set', () => {
    expect(loadConfig({ NCCID_PORT: '', NCCID_PUBLIC_URL: '' })).toEqual(loadConfig({}));
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
});
