/**
 * Signing in and out. The token is pasted, or comes in the fragment of a link, `…/sign-in#<token>`, which browsers do not send
 * and servers do not log: the page's script takes it out of the address and into the form. The browser's history may keep the
 * link all the same, so tokens for links had better be short-lived. Any page may lead to such a link: only a click signs in.
 */
import type { Request, Response } from 'express';
import { Unauthenticated } from '../access/unauthenticated.js';
import { ArchiveError } from '../errors.js';
import { readForm } from './form-body.js';
import { type Html, html } from './html.js';
import { sendPage } from './page.js';
import { type Doorkeeper, mayView, visitorOf } from './visitor.js';

export const SIGN_IN_PATH = '/sign-in';
export const SIGN_OUT_PATH = '/sign-out';
export const SIGN_IN_SCRIPT_PATH = '/sign-in.js';
/** The parameter that says where to go once signed in. */
export const NEXT = 'next';

/** A path below the portal, with its query; nothing that a browser could take for another host. */
const OWN_PATH = /^\/(?![/\\])[\w./~%-]*(?:\?[\w.,:;=&%~*+-]*)?$/;

/**
 * Whoever follows a link from elsewhere comes here even in a session, for browsers leave its cookie out then: he is sent on,
 * unless the link brings a token, of which he has to be asked. A fragment that names a part of the page brings none.
 */
export const SIGN_IN_SCRIPT = `'use strict';
const form = document.querySelector('form');
const part = (id) => document.getElementById(id);

const isSignedIn = async () => (await (await fetch(form.dataset.session)).json()).isSignedIn;

// The subject of the token; whether it is true is judged by the archive, once the token is sent.
function subjectOf(token) {
  try {
    const bytes = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
    const { sub } = JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))));
    return typeof sub === 'string' ? sub : '';
  } catch {
    return '';
  }
}

function takeLink() {
  const token = location.hash.slice(1);
  if (token === '' || part(token) !== null) return false;
  history.replaceState(null, '', location.pathname + location.search);
  form.elements.token.value = token;
  const subject = subjectOf(token);
  part('link-subject').textContent = subject === '' ? '' : ' as ' + subject;
  part('pasted').hidden = true;
  part('linked').hidden = false;
  form.querySelector('button').textContent = 'Sign in with this link';
  isSignedIn().then((isSo) => { part('replaces').hidden = !isSo; });
  return true;
}

addEventListener('hashchange', takeLink);
if (!takeLink() && form.dataset.next !== undefined && !form.dataset.refused) {
  isSignedIn().then((isSo) => { if (isSo) location.replace(form.dataset.next); });
}
`;

export class SignIn {
  readonly #doorkeeper: Doorkeeper;
  /** The path of the portal, without a slash at its end. */
  readonly #base: string;

  constructor(doorkeeper: Doorkeeper, base: string) {
    this.#doorkeeper = doorkeeper;
    this.#base = base;
  }

  /** The page with the form. It says why a session has ended, and ends it in the browser too. */
  async show(request: Request, response: Response): Promise<void> {
    const { refusal } = await visitorOf(this.#doorkeeper, request);
    if (refusal !== undefined) response.set('Set-Cookie', this.#doorkeeper.sessions.end());
    this.#sendForm(response, { next: nextOf(queryOf(request)), refusal });
  }

  /** Begin a session for a good token. */
  async begin(request: Request, response: Response): Promise<void> {
    this.#expectOwnPage(request);
    const form = await readForm(request);
    const token = (form.get('token') ?? '').trim();
    const next = nextOf(form);
    try {
      const caller = await this.#doorkeeper.authenticator.authenticate([`Bearer ${token}`]);
      const place = mayView(caller) ? (next ?? `${this.#base}/viewer/`) : `${this.#base}/`;
      response.set('Set-Cookie', this.#doorkeeper.sessions.begin(token)).redirect(303, place);
    } catch (error) {
      if (!(error instanceof Unauthenticated)) throw error;
      const refusal = token === '' ? 'There is no token in the form.' : error.message;
      this.#sendForm(response, { next, refusal }, 401);
    }
  }

  /** End the session in this browser. The token itself stays good until its time, or until it is revoked. */
  async end(request: Request, response: Response): Promise<void> {
    this.#expectOwnPage(request);
    response.set('Set-Cookie', this.#doorkeeper.sessions.end()).redirect(303, `${this.#base}/`);
  }

  /** Else a foreign page could sign somebody in as somebody else. */
  #expectOwnPage(request: Request): void {
    if (this.#doorkeeper.sessions.isFromOwnPage(request)) return;
    throw new ArchiveError('forbidden', 'Only the pages of this archive, at its public URL, sign in and out.');
  }

  #sendForm(response: Response, asked: Omit<FormParts, 'base'>, status = 200): void {
    const base = this.#base;
    const main = signInForm({ base, ...asked });
    sendPage(response, { base, title: 'Sign in', main, script: SIGN_IN_SCRIPT_PATH }, status);
  }
}

interface FormParts {
  readonly base: string;
  readonly next: string | undefined;
  readonly refusal: string | undefined;
}

const signInForm = ({ base, next, refusal }: FormParts): Html => html`<h1>Sign in</h1>
${refusal === undefined ? undefined : refused(refusal)}
<form method="post" action="${base}${SIGN_IN_PATH}" autocomplete="off" data-session="${base}/session"
  ${next === undefined ? undefined : html`data-next="${next}"`} ${refusal === undefined ? undefined : html`data-refused="true"`}>
<div id="pasted">
<label for="token">Your token</label>
<p class="hint" id="token-hint">The archive gave it to you by name, or to your site: a long line of letters, digits and two dots.</p>
<textarea id="token" name="token" required spellcheck="false" autocapitalize="off" aria-describedby="token-hint"></textarea>
</div>
<div id="linked" hidden>
<p>This link signs you in<b id="link-subject"></b>. Go on only if you expected it: whoever sends you a link chooses as whom you
are signed in.</p>
<p id="replaces" hidden>You are signed in already. To go on ends that session.</p>
</div>
${next === undefined ? undefined : html`<input type="hidden" name="${NEXT}" value="${next}">`}
<p class="actions"><button>Sign in</button></p>
</form>
<p>You stay signed in until you sign out, close the browser, or the token ends. To get a token, ask the archive.</p>`;

const refused = (refusal: string): Html => html`<div class="error" role="alert">
<h2>You are not signed in</h2>
<p>${refusal}</p>
</div>`;

const queryOf = ({ url }: Request): URLSearchParams =>
  new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');

function nextOf(parameters: URLSearchParams): string | undefined {
  const next = parameters.get(NEXT) ?? '';
  return OWN_PATH.test(next) ? next : undefined;
}
