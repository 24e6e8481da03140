/** Has Python's own XML reader compare DICOM XML with DICOM JSON: it knows nothing of ours. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./compare-native-xml.py', import.meta.url));
const MOST_OUTPUT_BYTES = 1 << 28;

export interface BothModels {
  readonly xml: string;
  /** One object. */
  readonly json: string;
}

/** How each pair differs, in sentences; none when both say the same. @throws Error without Python 3 */
export function differencesOfModels(pairs: readonly BothModels[]): readonly (readonly string[])[] {
  const input = pairs.map((pair) => `${JSON.stringify(pair)}\n`).join('');
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', [SCRIPT], {
    input,
    maxBuffer: MOST_OUTPUT_BYTES,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Python could not compare: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line): readonly string[] => JSON.parse(line));
}
