/** Readers of zips and DICOMDIRs that know nothing of ours: Python's zipfile, Info-ZIP, pydicom, DCMTK. */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('file-set.py', import.meta.url));
const MOST_OUTPUT_BYTES = 1 << 28;
const NEEDED: readonly (readonly [command: string, ...args: string[]])[] = [
  [PYTHON, '-c', 'import pydicom.fileset'],
  ['unzip', '-v'],
  ['dcmdump', '--version'],
];

const run = promisify(execFile);

/** Whether this machine has all of them; when not, one line says so. */
export function hasOtherReaders(): boolean {
  const missing = NEEDED.find(([command, ...args]) => spawnSync(command, args).status !== 0);
  if (missing !== undefined) console.info(`Tests with other readers of zips did not run: no ${missing.join(' ')}.`);
  return missing === undefined;
}

/** Have each file of a zip read and its CRC-32 compared, by Info-ZIP and by Python. @throws Error when one finds fault */
export async function expectSoundZip(path: string): Promise<void> {
  await run('unzip', ['-tqq', path], { maxBuffer: MOST_OUTPUT_BYTES });
  await run(PYTHON, ['-m', 'zipfile', '-t', path], { maxBuffer: MOST_OUTPUT_BYTES });
}

export async function unpackZip(path: string, folder: string): Promise<void> {
  await run('unzip', ['-qq', path, '-d', folder]);
}

/** What DCMTK, which looks every offset up, says of a DICOMDIR: nothing, when it is as it should be. */
export async function complaintsOfDCMTK(path: string): Promise<string> {
  const { stderr } = await run('dcmdump', ['+E', path], { maxBuffer: MOST_OUTPUT_BYTES });
  return stderr.trim();
}

/** One instance of a File-set as pydicom finds it. */
export interface FoundInFileSet {
  /** Of its file, from the folder of the DICOMDIR. */
  readonly path: string;
  /** The types of the records that lead to it. */
  readonly records: readonly string[];
  /** Its SOP Instance UID as the record tells it, and as it is read in the file. */
  readonly uid: string;
  readonly read: string;
}

/** Every instance that the DICOMDIR of each of these folders leads to. @throws Error when pydicom can not read one */
export async function fileSetsIn(folders: readonly string[]): Promise<readonly (readonly FoundInFileSet[])[]> {
  const running = run(PYTHON, [SCRIPT], { maxBuffer: MOST_OUTPUT_BYTES });
  running.child.stdin?.end(`${folders.join('\n')}\n`);
  const { stdout } = await running;
  return stdout
    .trim()
    .split('\n')
    .map((line): readonly FoundInFileSet[] => JSON.parse(line));
}
