/** Signing in with a browser, and what becomes of a session. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ctFile } from '../support/part10.js';
import { runCommand } from '../support/served-archive.js';
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

  it('keeps the token of a link in neither address nor history, and no script can read it', async () => {
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
