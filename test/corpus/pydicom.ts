/** Asks pydicom, a reader that knows nothing of ours, what it reads in files. */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { asDataSet, type JSONDataSet } from './stored-files.js';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('../support/pydicom-json.py', import.meta.url));
const MOST_OUTPUT_BYTES = 1 << 30;

export interface ReadByPydicom {
  /** Without Pixel Data; undefined when pydicom can not read the file. */
  readonly dataSet: JSONDataSet | undefined;
  /** SHA-256 of the value of Pixel Data, in hexadecimal. */
  readonly pixels: string | undefined;
  readonly error: string | undefined;
}

/** Whether this machine has pydicom; when not, one line says so. */
export function hasPydicom(): boolean {
  const isThere = spawnSync(PYTHON, ['-c', 'import pydicom']).status === 0;
  if (!isThere) console.info(`Tests with pydicom did not run: ${PYTHON} has none.`);
  return isThere;
}

/** What pydicom reads in these files, by their paths. */
export async function readByPydicom(paths: readonly string[]): Promise<ReadonlyMap<string, ReadByPydicom>> {
  const running = promisify(execFile)(PYTHON, [SCRIPT], { maxBuffer: MOST_OUTPUT_BYTES });
  running.child.stdin?.end(`${paths.join('\n')}\n`);
  const { stdout } = await running;
  return new Map(stdout.trim().split('\n').map(parseAnswer));
}

function parseAnswer(line: string): [string, ReadByPydicom] {
  const answer: Readonly<Record<string, unknown>> = JSON.parse(line);
  const { path, json, pixels, error } = answer;
  return [
    String(path),
    {
      dataSet: json === undefined ? undefined : asDataSet(json),
      pixels: typeof pixels === 'string' ? pixels : undefined,
      error: typeof error === 'string' ? error : undefined,
    },
  ];
}
