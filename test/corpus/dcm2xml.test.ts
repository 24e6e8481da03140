/** X-01 X-02 over real files: our DICOM XML says what that of DCMTK says. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { INSTANCE_URL_MARK, instanceMetadata } from '../../src/dicom/dicom-json.js';
import { corpusDir } from '../support/outside-files.js';
import { readWhole } from '../support/read-in-chunks.js';
import { xmlOf } from '../support/sent-instance.js';
import { realFilesIn } from './real-files.js';

const SCRIPT = fileURLToPath(new URL('../support/compare-dcm2xml.py', import.meta.url));
const MOST_OUTPUT_BYTES = 1 << 28;
const root = corpusDir ?? '';
/** Files made to break parsers are not for a comparison. */
const paths = corpusDir === undefined ? [] : realFilesIn(corpusDir).filter((path) => !path.startsWith('hostile/'));

/** dcm2xml says the ideographic group of these twice; and takes a Private Creator that is stored as UN for none. */
const KNOWN = [
  'charset/pydicom__chrX1.dcm',
  'charset/pydicom__chrX2.dcm',
  'ts/jpeg-lossless-sv1/weasis-dicom-tools__MR-JPEGLosslessSV1.dcm',
];

/** Whether this machine has DCMTK; when not, one line says so. */
function hasDCMTK(): boolean {
  const isThere = spawnSync('dcm2xml', ['--version']).status === 0;
  if (!isThere) console.info('Tests with DCMTK did not run: there is no dcm2xml.');
  return isThere;
}

/** The DICOM XML of a file; undefined when it is one that the archive refuses. */
async function ourXMLOf(path: string): Promise<string | undefined> {
  try {
    const { header, trailer } = await readWhole(readFileSync(path));
    const { json } = instanceMetadata({ dataSet: header.dataSet, pixelData: header.pixelData, trailer });
    return xmlOf(json.replaceAll(INSTANCE_URL_MARK, 'https://archive'));
  } catch {
    return undefined;
  }
}

describe.runIf(corpusDir !== undefined && hasDCMTK())('DICOM XML beside that of DCMTK', { timeout: 600_000 }, () => {
  it('says the same of every real file', async () => {
    const pairs: { readonly name: string; readonly path: string; readonly xml: string }[] = [];
    for (const name of paths) {
      const xml = await ourXMLOf(join(root, name));
      if (xml !== undefined) pairs.push({ name, path: join(root, name), xml });
    }
    const input = pairs.map((pair) => `${JSON.stringify(pair)}\n`).join('');
    const { stdout, stderr } = spawnSync('/usr/bin/python3', [SCRIPT], {
      input,
      maxBuffer: MOST_OUTPUT_BYTES,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const answers = stdout
      .trim()
      .split('\n')
      .map((line): readonly string[] | null => JSON.parse(line));
    const differing = pairs.filter((_, i) => (answers[i]?.length ?? 0) > 0).map(({ name }) => name);
    expect(answers.filter((answer) => answer?.length === 0).length).toBeGreaterThan(400);
    expect(differing).toEqual(KNOWN);
  });
});
