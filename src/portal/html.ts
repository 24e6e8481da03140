/** HTML as values: what is put into a template is escaped, unless it is HTML itself. */

/** A piece of HTML. */
export interface Html {
  readonly text: string;
}

type Hole = string | number | Html | readonly Html[] | undefined;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Write HTML. A hole that is undefined leaves nothing. */
export const html = (strings: TemplateStringsArray, ...holes: readonly Hole[]): Html => ({
  text: strings.map((string, at) => string + filled(holes[at])).join(''),
});

function filled(hole: Hole): string {
  if (hole === undefined) return '';
  if (typeof hole === 'object') return 'text' in hole ? hole.text : hole.map(({ text }) => text).join('');
  return String(hole).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
