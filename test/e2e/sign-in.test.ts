/** Signing in with a browser, and what becomes of a session. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ctFile } from '../support/part10.js';
import { runCommand } from '../support/served-archive.js';
import { LINK_BUTTON } from './browser.js';
import { pathOfStudies, ViewedArchive } from './viewed-archive.js';
import { PATIENCE_MS, untilDrawn } from './viewing.js';

const STUDY = '1.2.3';
const ELSEWHERE = 'http://elsewhere.example/';

let viewed: ViewedArchive;
beforeAll(async () => {
  viewed = await ViewedArchive.open([ctFile()]);
});
afterAll(() => viewed?.close());

const LIST = '[data-cy="study-list-results"] tr';

describe('a browser', () => {
  it('is signed in by a token in the form, and signed out by a button', async () => {
    const visit = await viewed.visit();
    const { page } = visit;
    await visit.goto('/');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Your token').fill('x.y.z');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('The token is not well-formed.').waitFor();
    await page.getByLabel('Your token').fill(viewed.archive.curatorToken);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator(LIST).first().waitFor({ timeout: PATIENCE_MS });
    await page.waitForLoadState('networkidle');

    await page.getByTitle('Start page of the archive').click();
    await page.getByText('a curator of the archive').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are not signed in.').waitFor();
    await visit.goto('/viewer/');
    await page.getByLabel('Your token').waitFor();
    await visit.end(/401/);
  });

  it('keeps the token of a link out of the address, and no script can read it', async () => {
    const visit = await viewed.visitAs(viewed.archive.curatorToken);
    const { page } = visit;
    await page.locator(LIST).first().waitFor({ timeout: PATIENCE_MS });
    expect(page.url()).not.toContain(viewed.archive.curatorToken);
    await page.waitForLoadState('networkidle');
    await page.goBack();
    expect(page.url()).not.toContain('#');
    expect(await page.evaluate('document.cookie')).not.toContain('nccid');
    await visit.end(/ERR_ABORTED/);
  });

  it('T61 is signed in as somebody else by no link of a foreign page, unless its user says so', async () => {
    const visit = await viewed.visitAs(viewed.archive.curatorToken, '/');
    const { page } = visit;
    const licence = await viewed.licenceToken('ct');
    const away = `<script>location.href = ${JSON.stringify(`${viewed.archive.url}/sign-in#${licence}`)}</script>`;
    await page.route(ELSEWHERE, (route) => route.fulfill({ contentType: 'text/html', body: away }));
    await page.goto(ELSEWHERE);
    await page.getByText('This link signs you in as ada@example.org.').waitFor();
    await page.getByText('You are signed in already. To go on ends that session.').waitFor();
    expect(await page.getByLabel('Your token').isVisible()).toBe(false);
    expect(page.url()).toBe(`${viewed.archive.url}/sign-in`);

    const other = await page.context().newPage();
    await other.goto(`${viewed.archive.url}/`);
    await other.getByText('a curator of the archive').waitFor();
    await page.getByRole('button', { name: LINK_BUTTON }).click();
    await page.waitForURL(/\/viewer\/$/);
    await other.reload();
    await other.getByText('ada@example.org').waitFor();
    await visit.end(/elsewhere\.example|ERR_ABORTED/);
  });

  it('takes whatever stands in a link out of the address, be it a token or not, and when the page is there already', async () => {
    const visit = await viewed.visit();
    const { page } = visit;
    for (const fragment of ['%E0%A4%A', 'x.y.z']) {
      await visit.goto(`/sign-in#${fragment}`);
      await page.waitForURL(`${viewed.archive.url}/sign-in`);
      await page.getByText('This link signs you in.').waitFor();
    }
    await page.getByRole('button', { name: LINK_BUTTON }).click();
    await page.getByRole('alert').getByText('The token is not well-formed.').waitFor();
    await visit.goto('/sign-in#main');
    expect(await page.getByRole('button', { name: LINK_BUTTON }).count()).toBe(0);
    await visit.end(/401/);
  });

  it('that is signed in is led on by a link from elsewhere', async () => {
    const visit = await viewed.visitAs(viewed.archive.curatorToken, '/');
    const { page } = visit;
    const link = `<a href="${viewed.archive.url}${pathOfStudies(STUDY)}">A study</a>`;
    await page.route(ELSEWHERE, (route) => route.fulfill({ contentType: 'text/html', body: link }));
    await page.goto(ELSEWHERE);
    await page.getByRole('link', { name: 'A study' }).click();
    await untilDrawn(visit);
    expect(page.url()).toBe(viewed.archive.url + pathOfStudies(STUDY));
    await visit.end(/elsewhere\.example/);
  });

  it('is sent to sign in again when its token is revoked, and told why', async () => {
    const token = await viewed.licenceToken('ct');
    const visit = await viewed.visitAs(token);
    const { page } = visit;
    await page.locator(LIST).first().waitFor({ timeout: PATIENCE_MS });
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    await runCommand(viewed.archive.folder, 'token', 'revoke', jti);
    await page.locator('[data-cy="input-mrn"]').fill('x');
    await page
      .getByRole('alert')
      .getByText(/revoked/)
      .waitFor({ timeout: PATIENCE_MS });
    expect(new URL(page.url()).searchParams.get('next')).toMatch(/^\/viewer/);
    await visit.end(/401|ERR_ABORTED|request failed/);
  });
});
