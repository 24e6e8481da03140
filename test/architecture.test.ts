/**
 * The house and its rules: which folder may know which, where each package lives, and what no file does. A rule is a function
 * from sources to what breaks it, so each is shown to hold in `src` and to fail on sources made up to break it.
 */
import { describe, expect, it } from 'vitest';
import {
  type Import,
  importsOf,
  isRelative,
  lineAt,
  packageOf,
  readSourceTree,
  type SourceFile,
  targetOf,
  withoutComments,
  withoutEnding,
  withoutText,
} from './support/source-tree.js';

/** The rooms, from the ground up: each with the rooms it may import from, and no others. */
const HOUSE: Readonly<Record<string, readonly string[]>> = {
  dicom: [],
  database: [],
  // What every door does with a request and an answer, whatever it is of: neither door may know the other.
  http: [],
  pixels: ['dicom'],
  phantom: ['dicom'],
  deidentify: ['pixels', 'dicom'],
  archive: ['deidentify', 'dicom', 'database'],
  access: ['archive', 'database'],
  governance: ['access', 'archive', 'database'],
  clinical: ['access', 'archive', 'database'],
  dicomweb: ['access', 'archive', 'pixels', 'dicom', 'http'],
  dimse: ['access', 'archive', 'dicom'],
  portal: ['governance', 'clinical', 'access', 'archive', 'http'],
  cli: ['governance', 'clinical', 'access', 'archive', 'deidentify', 'phantom'],
};
/** Importable by all, and importing nothing of `src`. */
const KERNEL = ['errors', 'log'];
/** Where the parts are put together: these see everything, and nobody else sees them. */
const COMPOSITION = ['app', 'main', 'config', 'start'];

/** Doors within rooms: of the second room, the first sees these files only. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'access -> archive': ['src/archive/scope', 'src/archive/split'],
};

/** Who may import a package. One that is not here has no home yet. */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  '@aws-sdk/client-s3': ['archive'],
  '@cornerstonejs/codec-charls': ['pixels'],
  '@cornerstonejs/codec-openjpeg': ['pixels'],
  '@cornerstonejs/codec-openjph': ['pixels'],
  'better-sqlite3': ['database'],
  'cli-progress': ['cli', 'main'],
  commander: ['cli', 'main'],
  express: ['app', 'dicomweb', 'portal'],
  'iconv-lite': ['dicom'],
  jsonwebtoken: ['access'],
  kysely: ['database', 'archive', 'access', 'governance'],
  pg: ['database'],
  pino: ['log'],
  saxes: ['dicom'],
  sharp: ['pixels'],
};
/** Modules of Node with fewer homes than all; none for `node:process`, for what it gives is global. */
const NODE_HOMES: Readonly<Record<string, readonly string[]>> = {
  'node:child_process': ['cli'],
  'node:dgram': [],
  'node:dns': [],
  'node:http': ['app', 'main', 'dicomweb', 'portal', 'http', 'cli'],
  'node:http2': [],
  'node:https': ['cli'],
  'node:net': ['config', 'dimse'],
  'node:process': [],
  'node:tls': ['dimse'],
  'node:vm': [],
};
/** `dicom` is values and bytes only: all it may ask of Node. */
const PURE: Readonly<Record<string, readonly string[]>> = { dicom: ['node:buffer', 'node:zlib'] };

const LONGEST_FILE_LINES = 300;

/** It says how a package that is not ours is made. */
const isDeclaration = (path: string): boolean => path.endsWith('.d.ts');

type Rule = (files: readonly SourceFile[]) => readonly string[];

/** The room of a path: `archive` of `src/archive/index/where.ts`, `errors` of `src/errors.ts`. */
const roomOf = (path: string): string => withoutEnding(path.split('/')[1] ?? '');

const perImport =
  (judge: (taken: Import) => string | undefined): Rule =>
  (files) =>
    files.flatMap(importsOf).flatMap((taken) => {
      const complaint = judge(taken);
      return complaint === undefined ? [] : [`${taken.from.path} imports ${taken.specifier}: ${complaint}`];
    });

const perFile =
  (judge: (file: SourceFile) => string | undefined): Rule =>
  (files) =>
    files.flatMap((file) => {
      const complaint = judge(file);
      return complaint === undefined ? [] : [`${file.path}: ${complaint}`];
    });

/** `pattern` is nowhere in the code of any file outside `homes`. */
const nowhere =
  (pattern: RegExp, complaint: string, homes: readonly string[] = [], code = withoutText): Rule =>
  (files) =>
    files
      .filter((file) => !homes.includes(roomOf(file.path)))
      .flatMap((file) => {
        const text = code(file.text);
        return [...text.matchAll(pattern)].map(({ index }) => `${file.path}:${lineAt(text, index)}: ${complaint}`);
      });

const edges = perImport((taken) => {
  if (!isRelative(taken.specifier)) return undefined;
  const target = targetOf(taken);
  const [from, to] = [roomOf(taken.from.path), roomOf(target)];
  if (!target.startsWith('src/')) return 'it leads out of src';
  if (KERNEL.includes(from)) return 'the kernel imports nothing of src';
  if (from === to || KERNEL.includes(to) || COMPOSITION.includes(from)) return undefined;
  if (!(HOUSE[from] ?? []).includes(to)) return `${from} may not know ${to}`;
  const doors = DOORS[`${from} -> ${to}`];
  return doors === undefined || doors.includes(target) ? undefined : `${from} sees only ${doors.join(' and ')}`;
});

const rooms = perFile(({ path }) => {
  const isFolder = path.split('/').length > 2;
  const known = isFolder ? Object.keys(HOUSE) : [...KERNEL, ...COMPOSITION];
  return known.includes(roomOf(path)) ? undefined : 'the house has no such room';
});

const homes = perImport(({ from, specifier }) => {
  if (isRelative(specifier)) return undefined;
  const [room, name] = [roomOf(from.path), packageOf(specifier)];
  if (!name.startsWith('node:')) return homeComplaint(PACKAGE_HOMES[name] ?? [], room);
  if (PURE[room]?.includes(name) === false) return `${room} is pure`;
  return homeComplaint(NODE_HOMES[name] ?? [room], room);
});

const homeComplaint = (allowed: readonly string[], room: string): string | undefined =>
  allowed.includes(room) ? undefined : `its home is ${allowed.join(', ') || 'nowhere in src'}`;

const resolvable: Rule = (files) => {
  const known = new Set(files.map((file) => withoutEnding(file.path)));
  return perImport((taken) => {
    if (!isRelative(taken.specifier)) return undefined;
    if (!/\.[mc]?js$/.test(taken.specifier)) return 'a relative import ends in .js or .mjs';
    return known.has(targetOf(taken)) ? undefined : 'there is no such file';
  })(files);
};

/** Walk the imports depth first; an import of a file that is still being walked closes a cycle. */
const acyclic: Rule = (files) => {
  const targets = new Map(
    files.map((file) => [
      withoutEnding(file.path),
      importsOf(file)
        .filter(({ specifier }) => isRelative(specifier))
        .map(targetOf),
    ]),
  );
  const walked = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, above: readonly string[]): void => {
    if (above.includes(path)) cycles.push([...above.slice(above.indexOf(path)), path].join(' -> '));
    if (walked.has(path)) return;
    walked.add(path);
    for (const target of targets.get(path) ?? []) walk(target, [...above, path]);
  };
  for (const path of targets.keys()) walk(path, []);
  return cycles;
};

const blackBox = perImport((taken) => {
  const target = isRelative(taken.specifier) ? targetOf(taken) : packageOf(taken.specifier);
  return /^(?:src|dist|test)\/|^nccid$/.test(target)
    ? 'the conformance suite tests any server, so it knows none'
    : undefined;
});

const lengths = perFile(({ path, text }) => {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (path.endsWith('.data.ts') || lines <= LONGEST_FILE_LINES) return undefined;
  return `${lines} lines, of at most ${LONGEST_FILE_LINES}`;
});

const names = perFile(({ path }) => {
  const empty = path.split(/[/.-]/).find((word) => /^(?:utils?|helpers?|common|misc|managers?)$/i.test(word));
  return empty === undefined ? undefined : `"${empty}" says nothing of what is in it`;
});

interface Case {
  readonly rule: Rule;
  /** Sources by path, and what the rule says of them. */
  readonly broken: readonly { readonly sources: Readonly<Record<string, string>>; readonly says: readonly string[] }[];
  /** Sources that look alike and break nothing. */
  readonly kept: Readonly<Record<string, string>>;
}

const CASES: Readonly<Record<string, Case>> = {
  'every file is in a room of the house': {
    rule: rooms,
    broken: [
      { sources: { 'src/misc/x.ts': '' }, says: ['src/misc/x.ts: the house has no such room'] },
      { sources: { 'src/server.ts': '' }, says: ['src/server.ts: the house has no such room'] },
      { sources: { 'src/log/x.ts': '' }, says: ['src/log/x.ts: the house has no such room'] },
    ],
    kept: { 'src/app.ts': '', 'src/archive/index/where.ts': '', 'src/database/writer.worker.mjs': '' },
  },
  'a room imports only from the rooms below it': {
    rule: edges,
    broken: [
      {
        sources: { 'src/archive/x.ts': "import { y } from '../dicomweb/y.js';" },
        says: ['src/archive/x.ts imports ../dicomweb/y.js: archive may not know dicomweb'],
      },
      {
        sources: { 'src/dicomweb/x.ts': "import type { Schema } from '../database/schema.js';" },
        says: ['src/dicomweb/x.ts imports ../database/schema.js: dicomweb may not know database'],
      },
      {
        sources: { 'src/portal/x.ts': "export {\n  y,\n  z,\n} from '../dicomweb/y.js';" },
        says: ['src/portal/x.ts imports ../dicomweb/y.js: portal may not know dicomweb'],
      },
      {
        sources: { 'src/pixels/x.ts': "const y = await import('../archive/y.js');" },
        says: ['src/pixels/x.ts imports ../archive/y.js: pixels may not know archive'],
      },
      {
        sources: { 'src/pixels/x.ts': "new Worker(new URL('../archive/y.worker.mjs', import.meta.url));" },
        says: ['src/pixels/x.ts imports ../archive/y.worker.mjs: pixels may not know archive'],
      },
      {
        sources: { 'src/errors.ts': "import '../src/log.js';" },
        says: ['src/errors.ts imports ../src/log.js: the kernel imports nothing of src'],
      },
      {
        sources: { 'src/cli/x.ts': "import { startApp } from '../app.js';" },
        says: ['src/cli/x.ts imports ../app.js: cli may not know app'],
      },
      {
        sources: { 'src/access/x.ts': "import { y } from '../archive/scoped-archive.js';" },
        says: [
          'src/access/x.ts imports ../archive/scoped-archive.js: access sees only src/archive/scope and src/archive/split',
        ],
      },
      {
        sources: { 'src/app.ts': "import { y } from '../conformance/y.js';" },
        says: ['src/app.ts imports ../conformance/y.js: it leads out of src'],
      },
    ],
    kept: {
      'src/access/x.ts': "import { SPLITS } from '../archive/scope.js';\nimport { y } from '../errors.js';",
      'src/app.ts': "import { y } from './dicomweb/y.js';\nimport { z } from './database/z.js';",
      'src/archive/index/x.ts': "import { y } from '../y.js';\n// import { z } from '../../portal/z.js';",
      'src/archive/y.ts':
        "/** See `import('../portal/z.js')`. */\nexport const url = 'http://host'; // import '../portal/z.js'",
    },
  },
  'every package is used in its home only': {
    rule: homes,
    broken: [
      {
        sources: { 'src/archive/x.ts': "import express from 'express';" },
        says: ['src/archive/x.ts imports express: its home is app, dicomweb, portal'],
      },
      {
        sources: { 'src/dicomweb/x.ts': "import { sql } from 'kysely';" },
        says: ['src/dicomweb/x.ts imports kysely: its home is database, archive, access, governance'],
      },
      {
        sources: { 'src/archive/x.ts': "import Sqlite from 'better-sqlite3';" },
        says: ['src/archive/x.ts imports better-sqlite3: its home is database'],
      },
      {
        sources: { 'src/dicom/x.ts': "import dcmjs from 'dcmjs';" },
        says: ['src/dicom/x.ts imports dcmjs: its home is nowhere in src'],
      },
      {
        sources: { 'src/archive/x.ts': "import { createServer } from 'node:http';" },
        says: ['src/archive/x.ts imports node:http: its home is app, main, dicomweb, portal, http, cli'],
      },
      {
        sources: { 'src/dicom/x.ts': "import { readFile } from 'node:fs/promises';" },
        says: ['src/dicom/x.ts imports node:fs/promises: dicom is pure'],
      },
      {
        sources: { 'src/archive/x.ts': "import { env } from 'node:process';" },
        says: ['src/archive/x.ts imports node:process: its home is nowhere in src'],
      },
      {
        sources: { 'src/cli/x.ts': "import { readFile } from 'fs/promises';" },
        says: ['src/cli/x.ts imports fs/promises: its home is nowhere in src'],
      },
    ],
    kept: {
      'src/app.ts': "import express from 'express';\nimport { createServer } from 'node:http';",
      'src/dicom/x.ts': "import { deflateRawSync } from 'node:zlib';\nimport iconv from 'iconv-lite';",
      'src/archive/index/x.ts': "import { sql } from 'kysely';\nimport { open } from 'node:fs/promises';",
    },
  },
  'a relative import names a file as Node will find it': {
    rule: resolvable,
    broken: [
      {
        sources: { 'src/dicom/x.ts': "import { y } from './y';", 'src/dicom/y.ts': '' },
        says: ['src/dicom/x.ts imports ./y: a relative import ends in .js or .mjs'],
      },
      {
        sources: { 'src/dicom/x.ts': "import { y } from './y.ts';", 'src/dicom/y.ts': '' },
        says: ['src/dicom/x.ts imports ./y.ts: a relative import ends in .js or .mjs'],
      },
      {
        sources: { 'src/dicom/x.ts': "import { y } from './z.js';" },
        says: ['src/dicom/x.ts imports ./z.js: there is no such file'],
      },
    ],
    kept: {
      'src/dicom/x.ts': "import { y } from './y.js';\nimport './z.mjs';",
      'src/dicom/y.ts': '',
      'src/dicom/z.mjs': '',
    },
  },
  'no imports go round in a circle': {
    rule: acyclic,
    broken: [
      {
        sources: {
          'src/dicom/a.ts': "import './b.js';",
          'src/dicom/b.ts': "export * from './c.js';",
          'src/dicom/c.ts': "import type { A } from './a.js';",
        },
        says: ['src/dicom/a -> src/dicom/b -> src/dicom/c -> src/dicom/a'],
      },
      { sources: { 'src/dicom/a.ts': "import './a.js';" }, says: ['src/dicom/a -> src/dicom/a'] },
    ],
    kept: {
      'src/dicom/a.ts': "import './b.js';\nimport './c.js';",
      'src/dicom/b.ts': "import './c.js';",
      'src/dicom/c.ts': '',
    },
  },
  'streams are joined by pipeline, never by .pipe()': {
    rule: nowhere(/\.\s*pipe\s*\(/g, 'a hung-up client would leave its source open; use pipeline'),
    broken: [
      {
        sources: { 'src/dicomweb/x.ts': '// one\nfile.pipe(res);' },
        says: ['src/dicomweb/x.ts:2: a hung-up client would leave its source open; use pipeline'],
      },
      {
        sources: { 'src/dicomweb/x.ts': 'file\n  .pipe(res);' },
        says: ['src/dicomweb/x.ts:2: a hung-up client would leave its source open; use pipeline'],
      },
    ],
    kept: { 'src/dicomweb/x.ts': "// never file.pipe(res)\nawait pipeline(file, res); const text = '.pipe(';" },
  },
  'the environment is read in config only': {
    rule: nowhere(
      /\bprocess\s*(?:\??\.\s*env\b|\[\s*['"]env['"])|\benv\b[^={}]*\}\s*=\s*process\b/g,
      'the environment is read by config',
      ['config', 'start'],
      withoutComments,
    ),
    broken: [
      {
        sources: { 'src/log.ts': "const level = process.env['LEVEL'];" },
        says: ['src/log.ts:1: the environment is read by config'],
      },
      {
        sources: { 'src/app.ts': 'const { env } = process;' },
        says: ['src/app.ts:1: the environment is read by config'],
      },
      {
        sources: { 'src/app.ts': "\nconst home = process['env'].HOME;" },
        says: ['src/app.ts:2: the environment is read by config'],
      },
    ],
    kept: {
      'src/config.ts': "const port = process.env['NCCID_PORT'];",
      'src/main.ts': '// process.env\nprocess.exitCode = 1;',
    },
  },
  'the console is written to by cli only': {
    rule: nowhere(/\bconsole\b\s*[.[;)]/g, 'the log is where events go', ['cli']),
    broken: [
      {
        sources: { 'src/archive/x.ts': '\n\nconsole.log(1);' },
        says: ['src/archive/x.ts:3: the log is where events go'],
      },
      { sources: { 'src/app.ts': 'start(console);' }, says: ['src/app.ts:1: the log is where events go'] },
    ],
    kept: { 'src/cli/x.ts': 'console.error(1);', 'src/app.ts': "// console.log\nconst name = 'console.log';" },
  },
  'dicom asks no clock, no chance and no network': {
    rule: (files) =>
      nowhere(
        /\bnew Date\(\s*\)|\b(?:Date|performance)\s*\.\s*now\b|\bMath\s*\.\s*random\b|\bset(?:Timeout|Interval|Immediate)\b|\bfetch\s*\(/g,
        'dicom is pure',
      )(files.filter((file) => roomOf(file.path) === 'dicom')),
    broken: [
      { sources: { 'src/dicom/x.ts': 'const now = Date.now();' }, says: ['src/dicom/x.ts:1: dicom is pure'] },
      { sources: { 'src/dicom/x.ts': '\nconst now = new Date();' }, says: ['src/dicom/x.ts:2: dicom is pure'] },
      { sources: { 'src/dicom/x.ts': 'await fetch(url);' }, says: ['src/dicom/x.ts:1: dicom is pure'] },
    ],
    kept: { 'src/archive/x.ts': 'const now = Date.now();', 'src/dicom/x.ts': '// Date.now()\nnew Date(0);' },
  },
  'a module holds no state of its own': {
    rule: nowhere(/^(?:export\s+)?(?:let|var)\s/gm, 'state belongs to an object that is passed'),
    broken: [
      {
        sources: { 'src/archive/x.ts': 'export const a = 1;\nlet count = 0;' },
        says: ['src/archive/x.ts:2: state belongs to an object that is passed'],
      },
      {
        sources: { 'src/archive/x.ts': 'export let count = 0;' },
        says: ['src/archive/x.ts:1: state belongs to an object that is passed'],
      },
    ],
    kept: { 'src/archive/x.ts': 'export function f() {\n  let count = 0;\n  return count;\n}' },
  },
  'exports have names': {
    rule: (files) =>
      nowhere(
        /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/g,
        'a default export has no name',
      )(files.filter(({ path }) => !isDeclaration(path))),
    broken: [
      {
        sources: { 'src/archive/x.ts': 'export default class {}' },
        says: ['src/archive/x.ts:1: a default export has no name'],
      },
      {
        sources: { 'src/archive/x.ts': 'const x = 1;\nexport { x as default };' },
        says: ['src/archive/x.ts:2: a default export has no name'],
      },
    ],
    kept: { 'src/archive/x.ts': "// export default\nexport { x } from './x.js';" },
  },
  'files are named for what they hold': {
    rule: names,
    broken: [
      {
        sources: { 'src/archive/utils.ts': '' },
        says: ['src/archive/utils.ts: "utils" says nothing of what is in it'],
      },
      {
        sources: { 'src/archive/blob-manager.ts': '' },
        says: ['src/archive/blob-manager.ts: "manager" says nothing of what is in it'],
      },
      {
        sources: { 'src/archive/common/x.ts': '' },
        says: ['src/archive/common/x.ts: "common" says nothing of what is in it'],
      },
    ],
    kept: { 'src/dicom/uncommon-names.ts': '' },
  },
  'a file is one idea': {
    rule: lengths,
    broken: [
      {
        sources: { 'src/archive/x.ts': '\n'.repeat(301) },
        says: ['src/archive/x.ts: 301 lines, of at most 300'],
      },
    ],
    kept: { 'src/archive/x.ts': '\n'.repeat(300), 'src/dicom/dictionary.data.ts': '\n'.repeat(5_000) },
  },
};

const asFiles = (sources: Readonly<Record<string, string>>): readonly SourceFile[] =>
  Object.entries(sources).map(([path, text]) => ({ path, text }));

const tree = readSourceTree('src');

describe('the sources', () => {
  it('are there to be judged', () => {
    expect(tree.map((file) => file.path)).toEqual(
      expect.arrayContaining(['src/errors.ts', 'src/archive/scope.ts', 'src/database/sqlite-thread.worker.mjs']),
    );
    expect(tree.flatMap(importsOf).length).toBeGreaterThan(tree.length);
  });
});

describe.each(Object.entries(CASES))('%s', (_name, { rule, broken, kept }) => {
  it('holds in the sources', () => {
    expect(rule(tree)).toEqual([]);
  });

  for (const { sources, says } of broken) {
    it(`finds: ${says.join('; ')}`, () => {
      expect(rule(asFiles(sources))).toEqual(says);
    });
  }

  it('lets pass what only looks alike', () => {
    expect(rule(asFiles(kept))).toEqual([]);
  });
});

describe('the conformance suite imports nothing of the product', () => {
  it('holds in its files', () => {
    expect(blackBox(readSourceTree('conformance'))).toEqual([]);
  });

  it('is built as the product is', () => {
    const files = readSourceTree('conformance');
    expect(files.length).toBeGreaterThan(30);
    expect([resolvable, acyclic, lengths, names].flatMap((rule) => rule(files))).toEqual([]);
  });

  it.each(['../src/errors.js', '../dist/app.js', '../test/support/pixel-stream.js', 'nccid/dist/app.js'])(
    'is broken by an import of %s',
    (specifier) => {
      const text = `import { y } from '${specifier}';`;
      expect(blackBox([{ path: 'conformance/x.ts', text }])).toEqual([
        `conformance/x.ts imports ${specifier}: the conformance suite tests any server, so it knows none`,
      ]);
    },
  );

  it('lets it import its own files and packages', () => {
    const text = "import { y } from './src-like.js';\nimport { api } from 'dicomweb-client';";
    expect(blackBox([{ path: 'conformance/x.ts', text }])).toEqual([]);
  });
});

describe('importsOf', () => {
  const specifiersOf = (text: string): readonly string[] =>
    importsOf({ path: 'src/x.ts', text }).map(({ specifier }) => specifier);

  it.each([
    ["import a, { b } from 'c';", ['c']],
    ["import * as a from 'c';", ['c']],
    ["import type { A } from './c.js';", ['./c.js']],
    ["import {\n  a,\n  b,\n} from './c.js';", ['./c.js']],
    ["import 'c';\nimport 'd';", ['c', 'd']],
    ["export * from './c.js';\nexport { a } from './d.js';", ['./c.js', './d.js']],
    ["const a = await import('./c.js');", ['./c.js']],
    ["const a = createRequire(import.meta.url); require('c');", ['c']],
    ["type A = import('./c.js').A;", ['./c.js']],
    ["const quote = /['\"]/; import('c'); // import('d')", ['c']],
    ["const url = `http://host`; const half = a / b; import('c'); // half / b", ['c']],
    ["/* import 'c'; */ const text = Buffer.from('d');", []],
  ])('finds what %j takes', (text, specifiers) => {
    expect(specifiersOf(text)).toEqual(specifiers);
  });
});
