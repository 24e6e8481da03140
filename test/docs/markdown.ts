/** Reads the documents of this repository as far as they can be checked: their tables, and the code in them. */
import { readFileSync } from 'node:fs';

export type Row = readonly string[];

/** The text of a document, by its path from the top of the repository. */
export const readDocument = (path: string): string => readFileSync(path, 'utf8');

/** The rows below the head of the first table whose head begins with these cells. Backticks are taken off the cells. */
export function tableOf(document: string, ...head: readonly string[]): readonly Row[] {
  const lines = document.split('\n');
  const start = lines.findIndex((line) => {
    const cells = cellsOf(line);
    return line.startsWith('|') && head.every((text, i) => cells[i] === text);
  });
  if (start === -1) throw new Error(`The document has no table ${head.join(' | ')}.`);
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start + 2, length === -1 ? undefined : start + length).map(cellsOf);
}

/** The document from a heading on. */
export function sectionOf(document: string, heading: string): string {
  const at = document.indexOf(`\n${heading}\n`);
  if (at === -1) throw new Error(`The document has no heading ${heading}.`);
  return document.slice(at);
}

const cellsOf = (line: string): Row =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''));

/** The lines of code blocks, without comments of the shell, and every piece of code within a sentence. */
export function codeIn(document: string): readonly string[] {
  const blocks = [...document.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n'));
  const prose = document.replace(/^```\w*\n[\s\S]*?^```$/gm, '');
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...blocks.map((line) => line.replace(/(?:^|\s)#\s.*$/, '').trim()), ...spans].filter((code) => code !== '');
}

/** Where the links of a document lead that stay within the repository, without their fragments. */
export const localLinksIn = (document: string): readonly string[] =>
  [...document.matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target);

/** The same links with what they name in a document: file, '' for the document itself, and heading. */
export const linkedHeadingsIn = (document: string): readonly (readonly [target: string, heading: string])[] =>
  [...document.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)].map(([, target = '', heading = '']) => [
    target,
    heading,
  ]);

/** What the headings of a document are called in links, as GitHub has it. */
export const headingsOf = (document: string): readonly string[] =>
  [...document.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
