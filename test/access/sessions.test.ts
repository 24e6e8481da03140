import { describe, expect, it } from 'vitest';
import { Sessions } from '../../src/access/sessions.js';

const ORIGIN = 'https://archive.example';
const OVER_TLS = new Sessions(ORIGIN);
const PLAIN = new Sessions('http://127.0.0.1:8080/under');

type Headers = Readonly<Record<string, string>>;

const request = (method: string, headers: Headers, authorization: readonly string[] = []) => ({
  method,
  headers,
  headersDistinct: { ...(authorization.length === 0 ? {} : { authorization: [...authorization] }) },
});

describe('Sessions', () => {
  it('sends a cookie that no script reads, no other site sends, and no other host can have set', () => {
    expect(OVER_TLS.begin('a.b.c')).toBe('__Host-nccid-session=a.b.c; Path=/; HttpOnly; SameSite=Strict; Secure');
    expect(OVER_TLS.end()).toBe('__Host-nccid-session=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0');
    expect(PLAIN.begin('a.b.c')).toBe('nccid-session=a.b.c; Path=/; HttpOnly; SameSite=Strict');
  });

  it.each([
    ['__Host-nccid-session=a.b.c', 'a.b.c'],
    ['x=1; __Host-nccid-session=a.b.c; y=2', 'a.b.c'],
    ['x=1;__Host-nccid-session=a.b.c', 'a.b.c'],
    ['__Host-nccid-session=', undefined],
    ['nccid-session=a.b.c', undefined],
    ['x__Host-nccid-session=a.b.c', undefined],
    ['', undefined],
  ])('finds the token in %j', (cookie, token) => {
    expect(OVER_TLS.tokenOf(request('GET', { cookie }))).toBe(token);
    expect(OVER_TLS.authorizationOf(request('GET', { cookie }))).toEqual(
      token === undefined ? [] : [`Bearer ${token}`],
    );
  });

  it('takes Authorization before the cookie, every value of it', () => {
    const headers = { cookie: '__Host-nccid-session=a.b.c' };
    expect(OVER_TLS.authorizationOf(request('GET', headers, ['Bearer x.y.z']))).toEqual(['Bearer x.y.z']);
    expect(OVER_TLS.authorizationOf(request('POST', headers, ['Bearer x', 'Bearer y']))).toEqual([
      'Bearer x',
      'Bearer y',
    ]);
  });

  const FOREIGN: readonly (readonly [name: string, headers: Headers])[] = [
    ['a page of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    [
      'a page of another host of the same site',
      { 'sec-fetch-site': 'same-site', origin: 'https://evil.archive.example' },
    ],
    ['a page of another site, in an old browser', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ['a page of another port', { origin: `${ORIGIN}:8443` }],
  ];

  it.each(FOREIGN)('knows nobody by the cookie that comes from %s, and changes nothing', (_name, headers) => {
    const withCookie = { ...headers, cookie: '__Host-nccid-session=a.b.c' };
    expect(OVER_TLS.authorizationOf(request('GET', withCookie))).toEqual([]);
    for (const method of ['POST', 'DELETE', 'PUT']) {
      expect(() => OVER_TLS.authorizationOf(request(method, withCookie))).toThrow('only the pages of this archive');
    }
  });

  it.each([
    ['by Fetch Metadata', { 'sec-fetch-site': 'same-origin' }],
    [
      'by Fetch Metadata, under a name that is not the public one',
      { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:1' },
    ],
    ['by its origin', { origin: ORIGIN }],
  ])('lets a page of its own change things, which it knows %s', (_name, headers: Headers) => {
    const withCookie = { ...headers, cookie: '__Host-nccid-session=a.b.c' };
    expect(OVER_TLS.authorizationOf(request('POST', withCookie))).toEqual(['Bearer a.b.c']);
    expect(OVER_TLS.authorizationOf(request('GET', withCookie))).toEqual(['Bearer a.b.c']);
  });

  it('changes nothing for who does not say where he comes from, or typed the address', () => {
    const cookie = '__Host-nccid-session=a.b.c';
    expect(() => OVER_TLS.authorizationOf(request('POST', { cookie }))).toThrow();
    expect(() => OVER_TLS.authorizationOf(request('DELETE', { cookie, 'sec-fetch-site': 'none' }))).toThrow();
    expect(OVER_TLS.authorizationOf(request('GET', { cookie, 'sec-fetch-site': 'none' }))).toEqual(['Bearer a.b.c']);
  });

  it('takes the origin of a public URL, not its path', () => {
    const headers = { cookie: 'nccid-session=a.b.c', origin: 'http://127.0.0.1:8080' };
    expect(PLAIN.authorizationOf(request('POST', headers))).toEqual(['Bearer a.b.c']);
  });
});
