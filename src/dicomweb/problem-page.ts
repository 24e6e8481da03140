/** An error as a page, for who follows a link in a browser: PS3.18 §8.6.3 has it as text/html where nothing else is asked for. */
import { escapeHTML } from '../http/escape-html.js';
import { parseMediaTypes } from './media-type.js';

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly isTemporary: boolean;
  readonly requestID: string | undefined;
  /** What an error names of what there would be. */
  readonly [member: string]: unknown;
}

/** Whether an Accept header field asks for pages and for no JSON, as browsers do and programs do not. */
export function wantsPage(header: string | undefined): boolean {
  if (header === undefined || !/html/i.test(header)) return false;
  try {
    const essences = parseMediaTypes(header).map(({ essence }) => essence);
    return essences.includes('text/html') && !essences.some((essence) => essence.endsWith('json'));
  } catch {
    // Too long to be read; that may be the very error.
    return false;
  }
}

/** Write the page, in UTF-8. */
export function problemPage({
  type: _type,
  status,
  title,
  detail,
  isTemporary,
  requestID,
  ...members
}: Problem): string {
  const lists = Object.entries(members).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<title>${status} ${escapeHTML(title)}</title></head><body>`,
    `<h1>${escapeHTML(title)}</h1>`,
    `<p>${escapeHTML(detail)}</p>`,
    ...lists.map(([name, values]) => `<p>${escapeHTML(name)}:</p><ul>${values.map(item).join('')}</ul>`),
    `<p>${isTemporary ? 'The same request may succeed later.' : 'To ask again will not help by itself.'}</p>`,
    `<p>Status ${status}, request ${escapeHTML(requestID ?? '')}</p>`,
    '</body></html>',
    '',
  ].join('\n');
}

const item = (value: unknown): string => `<li>${escapeHTML(String(value))}</li>`;
