/** The page at the root: what this is, who is signed in, and the way on. */
import { type Html, html } from './html.js';
import { mayView, nameOf, type Visitor } from './visitor.js';

export interface StartPageParts {
  /** The path of the portal, without a slash at its end. */
  readonly base: string;
  /** The URL of the DICOMweb services. */
  readonly dicomweb: string;
  readonly visitor: Visitor;
}

/** Write the content of the start page. */
export const startPage = ({ base, dicomweb, visitor }: StartPageParts): Html => html`<h1>Chest images for research</h1>
<p>This archive holds de-identified chest radiographs, CT and MR images from many hospitals. Hospitals send them; whoever holds
a licence sees the images that it covers.</p>
${visitor.caller === undefined ? signedOut(base) : signedIn(base, visitor)}
<h2>For programs</h2>
<p>The same images, for the same tokens, by DICOMweb (QIDO-RS, WADO-RS, STOW-RS) at<br><code>${dicomweb}</code></p>`;

const signedOut = (base: string): Html => html`<p>You are not signed in.</p>
<p class="actions"><a class="button" href="${base}/sign-in">Sign in</a></p>`;

function signedIn(base: string, { caller }: Visitor): Html {
  if (caller === undefined) return signedOut(base);
  return html`<p>You are signed in as <b>${nameOf(caller)}</b>.</p>
${mayView(caller) ? undefined : html`<p>A site can send images and search for what it has sent, but not look at them.</p>`}
<div class="actions">
${mayView(caller) ? html`<a class="button" href="${base}/viewer/">Look at images</a>` : undefined}
<form method="post" action="${base}/sign-out"><button class="quiet">Sign out</button></form>
</div>`;
}
