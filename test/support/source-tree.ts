/** Reads a source tree as text, and finds in it what an architecture can be judged by: imports, and code without comments. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';

export interface SourceFile {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly from: SourceFile;
  /** As it is written: `../errors.js`, `node:fs`, `kysely`. */
  readonly specifier: string;
}

const SOURCE = /\.[mc]?[jt]s$/;
const NAME = /^(?:@[^/]+\/)?[^/]+/;

const COMMENT = String.raw`//[^\n]*|/\*[\s\S]*?\*/`;
const STRING = String.raw`'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"`;
/** Stays as it is, for it may hold code; it is a token so that `//` in it begins no comment. */
const TEMPLATE = '`(?:[^`\\\\]|\\\\[\\s\\S])*`';
/** A regular expression stands where a value may begin; elsewhere a slash divides. */
const REGULAR_EXPRESSION = String.raw`(?<=(?:^|[=(,:[!&|?{;>]|\breturn)\s*)/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*`;
const TOKEN = new RegExp(`(${COMMENT})|(${STRING}|${REGULAR_EXPRESSION})|${TEMPLATE}`, 'g');

const IMPORT = new RegExp(
  [
    String.raw`^\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]`,
    String.raw`^\s*import\s*['"]([^'"]+)['"]`,
    String.raw`\b(?:import|require|require\.resolve)\s*\(\s*['"]([^'"]+)['"]`,
    String.raw`\bnew URL\(\s*['"](\.{1,2}/[^'"]+\.[mc]?[jt]s)['"]\s*,\s*import\.meta\.url`,
  ].join('|'),
  'gm',
);

/** Read every source file below `folder`, in the order of its path; none when there is no such folder. */
export function readSourceTree(folder: string): readonly SourceFile[] {
  return entriesOf(folder)
    .filter((path) => SOURCE.test(path))
    .sort()
    .map((path) => ({ path: join(folder, path), text: readFileSync(join(folder, path), 'utf8') }));
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => !path.includes('node_modules'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The code of a file with its comments blanked; lines stay where they are. */
export const withoutComments = (text: string): string =>
  text.replace(TOKEN, (token, comment?: string) => (comment === undefined ? token : blank(token)));

/** The code of a file with comments, quoted strings and regular expressions blanked; lines stay where they are. */
export const withoutText = (text: string): string =>
  text.replace(TOKEN, (token, comment?: string, literal?: string) =>
    comment === undefined && literal === undefined ? token : blank(token),
  );

const blank = (token: string): string => token.replace(/[^\n]/g, ' ');

/** Everything a file takes from elsewhere: static and dynamic imports, re-exports, and the files its workers start from. */
export function importsOf(file: SourceFile): readonly Import[] {
  return [...withoutComments(file.text).matchAll(IMPORT)].flatMap((match) => {
    const specifier = match.slice(1).find((group) => group !== undefined);
    return specifier === undefined ? [] : [{ from: file, specifier }];
  });
}

export const isRelative = (specifier: string): boolean => specifier.startsWith('.');

/** The package of a specifier: `node:fs` of `node:fs/promises`, `@scope/name` of `@scope/name/deep`. */
export const packageOf = (specifier: string): string => NAME.exec(specifier)?.[0] ?? specifier;

/** The path a relative import leads to, without the ending that a build changes. */
export const targetOf = ({ from, specifier }: Import): string =>
  withoutEnding(normalize(join(dirname(from.path), specifier)));

export const withoutEnding = (path: string): string => path.replace(SOURCE, '');

/** The line a position is on, from 1. */
export const lineAt = (text: string, position: number): number => text.slice(0, position).split('\n').length;
