import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ArchivePlaces } from '../../src/archive/places.js';
import { settingsOf } from './settings-of.js';

const PROGRAM = fileURLToPath(new URL('../../dist/start.cjs', import.meta.url));

/** Run a command of the built product on the archive at `places`; what it printed. @throws Error when it fails */
export async function runSettings(places: ArchivePlaces, args: readonly string[]): Promise<string> {
  const env = { ...process.env, ...settingsOf(places) };
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...args], { env });
  return stdout.trim();
}
