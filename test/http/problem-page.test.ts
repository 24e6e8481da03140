/** Errors in the form that is asked for: problem documents for programs, pages for people. PS3.18 §8.6.3 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningArchive, startArchive } from '../support/running-archive.js';
import { ask } from './wire.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

let archive: RunningArchive;
let token: string;
beforeAll(async () => {
  archive = await startArchive();
  token = await archive.token({ kind: 'curator' });
});
afterAll(() => archive.close());

const get = (target: string, headers: Readonly<Record<string, string>>, method = 'GET') =>
  ask(archive.url, target, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'X-Request-Id': 'a-name', ...headers },
  });

describe('an error', () => {
  it.each([
    ['/dicom-web/studies/1.2.3', 404],
    ['/dicom-web/studies?limit=x', 400],
    ['/nothing', 404],
  ])('ST-07 ST-06 HT-12 HT-13 is a page for a browser: %s', async (target, status) => {
    const answer = await get(target, { Accept: BROWSER });
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
    expect(answer.headers['content-security-policy']).toBe("default-src 'none'; sandbox");
    const page = answer.body.toString();
    const problem = await get(target, {});
    const { title, detail }: { title: string; detail: string } = JSON.parse(problem.body.toString());
    expect(page).toContain(`<h1>${title}</h1>`);
    expect(page).toContain(`<p>${detail}</p>`);
    expect(page).toContain('a-name');
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    const head = await get(target, { Accept: BROWSER }, 'HEAD');
    expect([head.status, head.body.length]).toEqual([status, 0]);
  });

  it('ST-07 MT-07 lists on the page what there is', async () => {
    const answer = await get('/dicom-web/studies', { Accept: 'text/html' });
    expect(answer.status).toBe(406);
    expect(answer.body.toString()).toContain('<li>application/dicom+json</li>');
  });

  it('ST-07 T44 shows as text what was sent, whatever it is', async () => {
    const sent = '<img src=x onerror=alert(1)>&"\'';
    const answer = await get(`/dicom-web/studies?${encodeURIComponent(sent)}=1&${encodeURIComponent(sent)}=1&limit=x`, {
      Accept: BROWSER,
    });
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body.toString()).not.toContain('<img');
  });

  it.each([
    undefined,
    '*/*',
    'application/dicom+json',
    'application/dicom+json, text/html',
    'text/html, application/json;q=0.1',
    'text/csv',
    `${'text/html,'.repeat(3_000)}`,
  ])('ST-07 is a problem document for everybody else: %.40s', async (accept) => {
    const answer = await get('/dicom-web/studies/1.2.3', accept === undefined ? {} : { Accept: accept });
    expect([accept, answer.headers['content-type']]).toEqual([accept, 'application/problem+json']);
  });
});
