/** The frame of a page that shows a report or a document: its look, and what it may do. */
import { createHash } from 'node:crypto';
import { escapeHTML } from '../../http/escape-html.js';

const STYLE = `
:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}
body{max-width:50rem;margin:2rem auto;padding:0 1rem}
h1,h2,h3,h4,h5,h6{line-height:1.25;margin:1.5rem 0 .5rem}
header{border-bottom:1px solid;padding-bottom:1rem}
header dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}
section section{border-left:2px solid #8888;padding-left:1rem}
dt{font-weight:600}
dd{margin:0 0 .5rem 1.5rem;overflow-wrap:anywhere}
header dd{margin:0}
small{font-weight:400;opacity:.75}
.text{white-space:pre-wrap}
table{border-collapse:collapse}
th,td{border:1px solid #8888;padding:.15rem .5rem;text-align:start;vertical-align:top}
`;

/**
 * What the answer has to say so that the page looks as it should, and can do nothing else: it runs no script. It stays of its
 * origin, for the links of a page that is of none are followed without the cookies of a session.
 */
export const REPORT_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; sandbox allow-same-origin`;

/** The page until its body begins, for a title that has no markup. */
export const pageStart = (title: string): string =>
  [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${escapeHTML(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '',
  ].join('\n');

export const PAGE_END = '</body>\n</html>\n';
