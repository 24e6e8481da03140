/** The frame of every page of the portal, and how it is sent: one style sheet, no script but what a page names, nothing from elsewhere. */
import { randomBytes } from 'node:crypto';
import type { Response } from 'express';
import { type Html, html } from './html.js';

export interface Page {
  /** The path of the portal, without a slash at its end. */
  readonly base: string;
  readonly title: string;
  readonly main: Html;
  /** The path of a script, below `base`. */
  readonly script?: string;
}

export const STYLE_PATH = '/portal.css';
const NAME = 'NCCID imaging archive';
const NONCE_BYTES = 16;

/** A page runs the one script that it names. `'self'` would let in whatever else stands under the name of the archive. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

/** Send a page. Pages show who is signed in, so nobody keeps them. */
export function sendPage(response: Response, page: Page, status = 200): void {
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  response
    .status(status)
    .set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': policy(nonce),
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'same-origin',
    })
    .type('html')
    .send(written(page, nonce));
}

const written = ({ base, title, main, script }: Page, nonce: string): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${NAME}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${base}${STYLE_PATH}">
${script === undefined ? undefined : html`<script src="${base}${script}" nonce="${nonce}" defer></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><a href="${base}/"><b>NCCID</b> imaging archive</a></header>
<main id="main">
${main}
</main>
<footer>De-identified images for research and development. Not for diagnosis or treatment.</footer>
</body>
</html>
`.text;
