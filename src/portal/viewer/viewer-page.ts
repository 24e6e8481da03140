/** The page in which the viewer runs, and what a browser may do there: everything the viewer needs on this server, and nothing elsewhere. */
import { html } from '../html.js';
import type { ViewerFiles } from './viewer-files.js';
import { VIEWER_RELEASE } from './viewer-package.js';

/** Decoders are WebAssembly; documents and thumbnails are shown from memory (`blob:`), icons from the script itself (`data:`). */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "font-src 'self' data:",
  "connect-src 'self' blob: data:",
  "worker-src 'self' blob:",
  "media-src 'self' blob:",
  "object-src 'self' blob:",
  "frame-src 'self' blob:",
  "frame-ancestors 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

/** A worker has the policy of its own script. The bindings of the decoders make functions of texts. */
export const WORKER_POLICY = "default-src 'self' blob: data:; script-src 'self' blob: 'unsafe-eval' 'wasm-unsafe-eval'";

/** Isolated from all other origins, a page may share memory with its workers. */
export const VIEWER_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
};

/** Write the page. @param path the path of the viewer, without a slash at its end */
export const viewerPage = (path: string, { script, style }: ViewerFiles): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="theme-color" content="#000000">
<title>NCCID viewer</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${path}/${VIEWER_RELEASE}/${style}">
<script src="${path}/app-config.js"></script>
<script src="${path}/${VIEWER_RELEASE}/${script}" defer></script>
</head>
<body>
<noscript>The viewer needs JavaScript.</noscript>
<div id="react-portal"></div>
<div id="root"></div>
</body>
</html>
`.text;
