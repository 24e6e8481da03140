/** Signing in with a browser: what the pages say, what the cookie opens, and to whom it opens nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revokeToken } from '../../src/access/tokens.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { makeInstance } from './instances.js';
import { ask, type WireAnswer } from './wire.js';

const VIEWER = 'https://viewer.example';
const radiograph = makeInstance({ study: 'seen', modality: 'CR' });
const scan = makeInstance({ study: 'unseen', modality: 'CT' });

let archive: CuratedArchive;
let licence: string;
beforeAll(async () => {
  archive = await startCuratedArchive({ corsOrigins: new Set([VIEWER]), viewerFolder: '/nowhere' });
  await archive.add(radiograph);
  await archive.add(scan);
  const reference = await archive.addLicence({ project: 'Films', kinds: ['xray'], splits: ['training', 'validation'] });
  licence = await archive.token({ kind: 'licence', reference, person: 'ada@example.org' });
});
afterAll(() => archive.close());

type Headers = Readonly<Record<string, string>>;

const OWN: Headers = { 'Sec-Fetch-Site': 'same-origin' };
const FORM: Headers = { ...OWN, 'Content-Type': 'application/x-www-form-urlencoded' };
const cookie = (token: string): Headers => ({ Cookie: `nccid-session=${token}` });

const get = (target: string, headers: Headers = {}): Promise<WireAnswer> => ask(archive.url, target, { headers });
const post = (target: string, headers: Headers, body = ''): Promise<WireAnswer> =>
  ask(archive.url, target, { method: 'POST', headers, body: Buffer.from(body) });
const signIn = (token: string, next = '', headers = FORM): Promise<WireAnswer> =>
  post('/sign-in', headers, new URLSearchParams({ token, ...(next === '' ? {} : { next }) }).toString());

const studiesSeen = async (headers: Headers): Promise<number> => {
  const { status, body } = await get('/dicom-web/studies', headers);
  return status === 200 ? JSON.parse(body.toString()).length : status === 204 ? 0 : -status;
};

describe('POST /sign-in', () => {
  it('begins a session for a good token and leads to the viewer', async () => {
    const answer = await signIn(` ${archive.curatorToken}\n`);
    expect([answer.status, answer.headers['location']]).toEqual([303, '/viewer/']);
    expect(answer.headers['set-cookie']).toBe(
      `nccid-session=${archive.curatorToken}; Path=/; HttpOnly; SameSite=Strict`,
    );
  });

  it.each([
    ['/viewer/viewer?StudyInstanceUIDs=1.2.3,4.5', '/viewer/viewer?StudyInstanceUIDs=1.2.3,4.5'],
    ['//evil.example/', '/viewer/'],
    ['/\\evil.example/', '/viewer/'],
    ['https://evil.example/', '/viewer/'],
    ['/viewer/\r\nSet-Cookie: x=1', '/viewer/'],
    ['javascript:alert(1)', '/viewer/'],
  ])('leads on within the archive only: %j', async (next, place) => {
    expect((await signIn(archive.curatorToken, next)).headers['location']).toBe(place);
  });

  it('leads a site, which looks at no images, to the start page', async () => {
    const answer = await signIn(archive.siteToken);
    expect([answer.status, answer.headers['location']]).toEqual([303, '/']);
    const page = (await get('/', cookie(archive.siteToken))).body.toString();
    expect(page).not.toContain('href="/viewer/"');
  });

  it.each([
    ['', 'There is no token in the form.'],
    ['x', 'The token does not have three parts.'],
    ['<i>.&.c', 'The token is not well-formed.'],
  ])('says of a bad token what the archive says to programs: %j', async (token, sentence) => {
    const answer = await signIn(token);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined]);
    expect(answer.body.toString()).toContain(sentence);
    expect(answer.body.toString()).not.toContain('<i>');
  });

  it.each([
    ['a page of another site', { ...FORM, 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }, 403],
    ['a page of an origin that CORS allows', { ...FORM, 'Sec-Fetch-Site': 'cross-site', Origin: VIEWER }, 403],
    ['nowhere', { 'Content-Type': 'application/x-www-form-urlencoded' }, 403],
    ['something that is no form', { ...OWN, 'Content-Type': 'application/json' }, 415],
  ])('T61 signs nobody in by %s', async (_name, headers: Headers, status) => {
    const answer = await signIn(archive.curatorToken, '', headers);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([status, undefined]);
  });

  it('reads no more than a form may have', async () => {
    const answer = await signIn('x'.repeat(20_000));
    expect(answer.status).toBe(413);
  });
});

describe('a session', () => {
  it('sees what its token sees', async () => {
    expect(await studiesSeen({})).toBe(-401);
    expect(await studiesSeen(cookie(archive.curatorToken))).toBe(2);
    expect(await studiesSeen(cookie(licence))).toBe(1);
    const path = (made: typeof scan) => `/dicom-web/studies/${made.studyInstanceUID}/metadata`;
    expect((await get(path(radiograph), cookie(licence))).status).toBe(200);
    const [foreign, absent] = [
      await get(path(scan), cookie(licence)),
      await get('/dicom-web/studies/1.2.3/metadata', cookie(licence)),
    ];
    const withoutName = ({ body }: WireAnswer) => ({ ...JSON.parse(body.toString()), requestID: '' });
    expect([foreign.status, withoutName(foreign)]).toEqual([404, withoutName(absent)]);
  });

  it('yields to an Authorization header', async () => {
    expect(await studiesSeen({ ...cookie(archive.curatorToken), Authorization: `Bearer ${licence}` })).toBe(1);
    expect(await studiesSeen({ ...cookie(archive.curatorToken), Authorization: 'Bearer x' })).toBe(-401);
  });

  it('is kept apart in caches from those of others', async () => {
    expect((await get('/dicom-web/studies', cookie(licence))).headers['vary']).toContain('Cookie');
  });

  it('T61 stores for the pages of the archive, and for no others', async () => {
    const made = makeInstance({ study: 'seen', series: 'report', modality: 'SR' });
    const store = (headers: Headers, token = archive.curatorToken): Promise<WireAnswer> =>
      ask(archive.url, '/dicom-web/studies', {
        method: 'POST',
        headers: { 'Content-Type': 'application/dicom', ...cookie(token), ...headers },
        body: made.file,
      });
    expect((await store({})).status).toBe(403);
    expect((await store({ Origin: VIEWER, 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await store({ Origin: 'https://evil.example' })).status).toBe(403);
    expect((await store(OWN, licence)).status).toBe(403);
    expect(await studiesSeen({ Authorization: `Bearer ${archive.curatorToken}` })).toBe(2);
    expect((await store({ Origin: archive.url })).status).toBe(200);
    const row = await archive.database.read
      .selectFrom('instance')
      .innerJoin('series', 'series.id', 'instance.series_row_id')
      .innerJoin('study', 'study.id', 'series.study_row_id')
      .innerJoin('site', 'site.id', 'study.site_id')
      .select('site.name')
      .where('sop_instance_uid', '=', made.sopInstanceUID)
      .executeTakeFirstOrThrow();
    expect(row.name).not.toBe('Curation');
  });

  it('T61 deletes for nobody who comes from elsewhere', async () => {
    const answer = await ask(archive.url, `/dicom-web/studies/${scan.studyInstanceUID}`, {
      method: 'DELETE',
      headers: { ...cookie(archive.curatorToken), 'Sec-Fetch-Site': 'same-site', Origin: 'http://other.example' },
    });
    expect(answer.status).toBe(403);
  });

  it('T61 is nothing to a page of another origin, allowed by CORS or not', async () => {
    for (const origin of [VIEWER, 'https://evil.example']) {
      const answer = await get('/dicom-web/studies', {
        ...cookie(archive.curatorToken),
        Origin: origin,
        'Sec-Fetch-Site': 'same-site',
      });
      expect([answer.status, answer.headers['access-control-allow-credentials']]).toEqual([401, undefined]);
    }
  });

  it('ends when its token is revoked: the page says why, and the browser is told to forget it', async () => {
    const reference = await archive.addLicence({ project: 'Short', kinds: ['xray'], splits: ['training'] });
    const token = await archive.token({ kind: 'licence', reference, person: 'bob@example.org' });
    expect((await get('/', cookie(token))).body.toString()).toContain(`bob@example.org, under licence ${reference}`);
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    await revokeToken(archive.database, jti, Date.now());

    expect(await studiesSeen(cookie(token))).toBe(-401);
    const away = await get('/viewer/', cookie(token));
    expect([away.status, away.headers['location']]).toEqual([303, '/sign-in?next=%2Fviewer%2F']);
    const page = await get('/sign-in?next=%2Fviewer%2F', cookie(token));
    expect(page.headers['set-cookie']).toBe('nccid-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0');
    const said = JSON.parse((await get('/dicom-web/studies', { Authorization: `Bearer ${token}` })).body.toString());
    expect(page.body.toString()).toContain(said.detail);
    expect(JSON.parse((await get('/session', cookie(token))).body.toString())).toEqual({ isSignedIn: false });
  });

  it('ends when it is signed out, by a page of the archive', async () => {
    expect((await post('/sign-out', cookie(licence))).status).toBe(403);
    const answer = await post('/sign-out', { ...cookie(licence), ...OWN });
    expect([answer.status, answer.headers['location']]).toEqual([303, '/']);
    expect(answer.headers['set-cookie']).toBe('nccid-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0');
  });
});

describe('the pages', () => {
  it.each(['/', '/sign-in', '/sign-in?next=%2Fviewer%2F'])(
    '%s is one that nobody keeps, frames, or puts scripts into',
    async (target) => {
      const { status, headers, body } = await get(target, { Accept: 'text/html' });
      expect([status, headers['content-type'], headers['cache-control']]).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-store',
      ]);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/);
      expect(body.toString()).toMatch(/^<!doctype html>\n<html lang="en">/);
      expect(body.toString()).not.toMatch(/<script>|<style|\son\w+=|https?:\/\/(?!127\.)/);
    },
  );

  it('names everything a page needs under the archive itself', async () => {
    const page = (await get('/sign-in')).body.toString();
    const named = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(named).toEqual(expect.arrayContaining(['/portal.css', '/sign-in.js']));
    for (const path of named) expect((await get(path)).status).toBe(200);
  });

  it('runs the script that it names, of this answer alone, and nothing else of the archive', async () => {
    const nonces = new Set<string>();
    for (const _ of [1, 2]) {
      const { headers, body } = await get('/sign-in');
      const [, nonce = 'none'] =
        /script-src 'nonce-([\w+/]{22}==)'(?:;|$)/.exec(headers['content-security-policy'] ?? '') ?? [];
      expect(body.toString()).toContain(`<script src="/sign-in.js" nonce="${nonce}" defer>`);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(2);
  });

  it('T61 sends no form by itself, for any page can lead to a link with a token', async () => {
    const script = (await get('/sign-in.js')).body.toString();
    expect(script).toContain('location.hash');
    expect(script).not.toMatch(/submit|\.click|POST/i);
  });

  it('tells whoever is not signed in nothing but where to', async () => {
    const page = (await get('/')).body.toString();
    expect(page).toContain('You are not signed in');
    expect(page).toContain('href="/sign-in"');
    const away = await get('/viewer/viewer?StudyInstanceUIDs=1.2.3');
    expect(away.headers['location']).toBe(
      `/sign-in?next=${encodeURIComponent('/viewer/viewer?StudyInstanceUIDs=1.2.3')}`,
    );
  });

  it('puts no address of its own making into the form', async () => {
    const page = (await get('/sign-in?next=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E')).body.toString();
    expect(page).not.toContain('alert(1)');
    expect(page).not.toContain('name="next"');
  });
});
