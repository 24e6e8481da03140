/** HTML as values: what is put into a template is escaped, unless it is HTML itself. */
import { escapeHTML } from '../http/escape-html.js';

/** A piece of HTML. */
export interface Html {
  readonly text: string;
}

type Hole = string | number | Html | readonly Html[] | undefined;

/** Write HTML. A hole that is undefined leaves nothing. */
export const html = (strings: TemplateStringsArray, ...holes: readonly Hole[]): Html => ({
  text: strings.map((string, at) => string + filled(holes[at])).join(''),
});

function filled(hole: Hole): string {
  if (hole === undefined) return '';
  if (typeof hole === 'object') return 'text' in hole ? hole.text : hole.map(({ text }) => text).join('');
  return escapeHTML(String(hole));
}
