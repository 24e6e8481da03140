/** A table of Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;

export const codes = (texts: Iterable<string>): string => [...texts].map(code).join(', ');

/** With commas between thousands. */
export const figure = (value: number): string => value.toLocaleString('en');

/** As the standard prints a status of an instance: four digits of hexadecimal. */
export const hexadecimal = (reason: number): string => reason.toString(16).toUpperCase().padStart(4, '0');
