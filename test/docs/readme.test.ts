import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addAllowCommand } from '../../src/cli/allow.js';
import { addAttributeCommand } from '../../src/cli/attribute.js';
import { addBackupCommand } from '../../src/cli/backup.js';
import { addDeleteCommand } from '../../src/cli/delete.js';
import { addDemoCommand } from '../../src/cli/demo.js';
import { addFetchCommand } from '../../src/cli/fetch.js';
import { addImportCommand } from '../../src/cli/import.js';
import { addKeyCommand } from '../../src/cli/key.js';
import { addLicenceCommand } from '../../src/cli/licence.js';
import { addMigrateArchiveCommand } from '../../src/cli/migrate-archive.js';
import { buildProgram } from '../../src/cli/program.js';
import { addReindexCommand } from '../../src/cli/reindex.js';
import { addRestoreCommand } from '../../src/cli/restore.js';
import { addServeCommand, type StartServer } from '../../src/cli/serve.js';
import { addSiteCommand } from '../../src/cli/site.js';
import { addTokenCommand } from '../../src/cli/token.js';
import { addVerifyCommand } from '../../src/cli/verify.js';
import { loadConfig } from '../../src/config.js';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { HTTP_STATUS } from '../../src/dicomweb/problem.js';
import { parseQuery } from '../../src/dicomweb/query-parameters.js';
import { RouteTable } from '../../src/dicomweb/route-table.js';
import { ROUTES } from '../../src/dicomweb/routes.js';
import { parseSearchRequest } from '../../src/dicomweb/search-request.js';
import { silentLog } from '../../src/log.js';
import { codeIn, headingsOf, linkedHeadingsIn, localLinksIn, readDocument, tableOf } from './markdown.js';

const start: StartServer = () => Promise.reject(new Error('Nothing is served here.'));

const viewer = {
  name: 'viewer',
  version: '0',
  isIn: async () => true,
  unpack: async () => {},
};

const program = buildProgram({
  commands: [
    addServeCommand(start),
    addDemoCommand(start, '/dicom-web'),
    addFetchCommand(viewer),
    addSiteCommand,
    addLicenceCommand,
    addAttributeCommand,
    addTokenCommand,
    addKeyCommand,
    addImportCommand,
    addDeleteCommand,
    addAllowCommand,
    addVerifyCommand,
    addReindexCommand,
    addBackupCommand,
    addRestoreCommand,
    addMigrateArchiveCommand,
  ],
  output: { print: () => {}, printError: () => {} },
  readSettings: (flags) => loadConfig({}, flags),
  log: silentLog,
  isWatched: false,
  now: () => 0,
});

const manifest: { readonly scripts: Record<string, string>; readonly bin: Record<string, string> } = JSON.parse(
  readDocument('package.json'),
);
const readme = readDocument('README.md');
const documents = [
  'README.md',
  'CHANGELOG.md',
  'conformance/STATEMENT.md',
  ...readdirSync('docs').map((name) => join('docs', name)),
].filter((path) => path.endsWith('.md'));

const sources = ['src', 'test'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
);

const sub = (command: Command, name: string | undefined): Command | undefined =>
  command.commands.find((one) => one.name() === name);

/** Code that calls the program, as words: `nccid site add X` gives `site add X`; so does `licence suspend` in a sentence. */
function invocations(document: string): readonly (readonly string[])[] {
  return codeIn(document).flatMap((code) => {
    const words = code.split(/\s+/);
    const isProgram = words[0] === 'nccid';
    const isShortened = words.length > 1 && sub(program, words[0])?.commands.some((one) => one.name() === words[1]);
    return isProgram || isShortened ? [isProgram ? words.slice(1) : words] : [];
  });
}

/** Follow the words as far as they are commands; a word in the place of a subcommand that is none is what is left first. */
function resolve(words: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } {
  let command = program;
  let at = 0;
  for (let next = sub(command, words[at]); next !== undefined; next = sub(command, words[at])) {
    command = next;
    at += 1;
  }
  return { command, rest: words.slice(at) };
}

const optionsOf = (command: Command | null): readonly string[] =>
  command === null ? [] : [...command.options.map(({ long }) => long ?? ''), ...optionsOf(command.parent)];

/** What is wrong with a call of the program. */
function complaintOf(words: readonly string[]): string | undefined {
  if (words.length === 0 || words[0] === 'help') return undefined;
  const { command, rest } = resolve(words);
  const line = words.join(' ');
  if (command === program) return `There is no command: ${line}`;
  const [first] = rest;
  if (command.commands.length > 0 && first !== undefined && !first.startsWith('-')) return `No subcommand: ${line}`;
  const options = optionsOf(command);
  const unknown = rest.filter((word) => word.startsWith('--') && !options.includes(word.split('=')[0] ?? ''));
  return unknown.length > 0 ? `No option ${unknown.join(' ')}: ${line}` : undefined;
}

/** The commands that do something by themselves, as words. */
function leavesOf(command: Command, path: readonly string[] = []): readonly string[] {
  const deeper = command.commands.flatMap((one) => leavesOf(one, [...path, one.name()]));
  return deeper.length > 0 ? deeper : [path.join(' ')];
}

const STUDIES = { level: 'study', matchedLevels: ['study'] } as const;

/** What the curl lines and sentences of a document ask of `$BASE`, with a UID for each variable of the shell. */
function requests(document: string) {
  return codeIn(document.replaceAll('\\\n', '')).flatMap((code) => {
    const [, path = '', query = ''] = /\$BASE(\/[^"'?\s]*)(?:\?([^"'\s]*))?/.exec(code) ?? [];
    const method = code.includes('--data-binary') ? 'POST' : 'GET';
    return path === '' ? [] : [{ method, path: path.replace(/\$[A-Z]+/g, '1.2.3'), query }];
  });
}

describe('the documents', () => {
  it.each(documents)('%s calls the program by commands and options that it has', (path) => {
    const complaints = invocations(readDocument(path)).flatMap((words) => complaintOf(words) ?? []);
    expect(complaints).toEqual([]);
  });

  it.each(documents)('%s links to files that are there', (path) => {
    const missing = localLinksIn(readDocument(path)).filter((target) => !existsSync(join(dirname(path), target)));
    expect(missing).toEqual([]);
  });

  it.each(documents)('%s links to headings that are there', (path) => {
    const missing = linkedHeadingsIn(readDocument(path)).filter(([target, heading]) => {
      const document = readDocument(target === '' ? path : join(dirname(path), target));
      return !headingsOf(document).includes(heading);
    });
    expect(missing).toEqual([]);
  });

  it.each(documents)('%s names environment variables that are read', (path) => {
    const config = readDocument('src/config.ts');
    const named = readDocument(path).match(/\bNCCID_[A-Z_]+/g) ?? [];
    expect(named.filter((name) => !config.includes(`'${name}'`))).toEqual([]);
  });

  it.each(documents)('%s names sources that are there, with or without their folder', (path) => {
    const named = codeIn(readDocument(path)).filter((code) =>
      /^[\w./-]+\.ts$|^(?:src|test|docs)\/[\w./-]+$/.test(code),
    );
    const isThere = (name: string) => existsSync(name) || sources.some((source) => source.endsWith(`/${name}`));
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });
});

describe('docs/settings.md', () => {
  it('tells of every environment variable', () => {
    const read = readDocument('src/config.ts').match(/'NCCID_[A-Z_]+'/g) ?? [];
    const told = tableOf(readDocument('docs/settings.md'), 'variable').join();
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter((name) => !told.includes(name.slice(1, -1)))).toEqual([]);
  });
});

describe('README.md', () => {
  it('is short', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it('tells of every command but the demo, which npm runs, and help', () => {
    const told = new Set(
      invocations(readme).map((words) => words.slice(0, words.length - resolve(words).rest.length).join(' ')),
    );
    const untold = leavesOf(program).filter((name) => name !== 'demo' && !told.has(name));
    expect(untold).toEqual([]);
  });

  it('names scripts of npm that exist', () => {
    const scripts = [...readme.matchAll(/\bnpm (?:run )?([\w:]+)/g)].map(([, name = '']) => name);
    expect(scripts).toEqual(expect.arrayContaining(['ci', 'demo', 'test', 'build']));
    expect(scripts.filter((name) => name !== 'ci' && !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });

  it('starts the program where the package has it', () => {
    expect(readme).toContain(`\`node ${manifest.bin['nccid']}\``);
  });

  it('asks for resources that there are, with parameters that are understood', () => {
    const asked = requests(readme).map(({ method, path, query }) => {
      const { route } = new RouteTable(ROUTES).match(method, path);
      return route.permission === 'dicomweb.search' ? parseSearchRequest(parseQuery(query), STUDIES).warnings : [];
    });
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.flat()).toEqual([]);
  });

  it('tells of Failure Reasons as they are', () => {
    const reasons = tableOf(readme, 'reason', 'decimal').map(([reason = '', decimal]) => [
      Number.parseInt(reason, 16),
      Number(decimal),
    ]);
    const known: readonly number[] = Object.values(FAILURE_REASON);
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons.filter(([code = 0, decimal]) => code !== decimal || !known.includes(code))).toEqual([]);
  });

  it('tells of statuses that are answered', () => {
    const answered = new Set(['204', ...Object.values(HTTP_STATUS).map(String)]);
    const told = tableOf(readme, 'status').map(([status = '']) => status);
    expect(told).not.toEqual([]);
    expect(told.filter((status) => !answered.has(status))).toEqual([]);
  });
});
