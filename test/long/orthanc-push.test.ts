import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasOrthanc, startOrthanc } from '../support/orthanc.js';
import { corpusDir } from '../support/outside-files.js';
import { startArchive } from '../support/running-archive.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SLICES = 100;

/** The slices of the CT study; what was derived from them is left out. */
function readSlices(folder: string): readonly Buffer[] {
  const series = join(folder, 'ct-chest-series', 'philips-1mm-implicit');
  const names = readdirSync(series).filter((name) => !name.startsWith('tumor'));
  return names.map((name) => readFileSync(join(series, name)));
}

describe.runIf(corpusDir !== undefined && hasOrthanc())('a hospital that has Orthanc', () => {
  it('SW-08 pushes a CT study by its own STOW client with a site token, and finds all of it', async () => {
    const slices = readSlices(corpusDir ?? '');
    expect(slices).toHaveLength(SLICES);
    const archive = await startArchive();
    await archive.addSite('Addenbrookes');
    const token = await archive.token({ kind: 'site', site: 'Addenbrookes' });
    const orthanc = await startOrthanc(temporaryFolder(), { name: 'nccid', url: archive.base, token });
    try {
      expect(orthanc.listeningOn()).toEqual([expect.stringMatching(/^0100007F:/)]);
      for (const slice of slices) await orthanc.add(slice);
      const started = performance.now();
      const { state, description } = await orthanc.pushAll('nccid');
      expect(state, description).toBe('Success');
      console.info(`Orthanc pushed ${SLICES} slices in ${Math.round(performance.now() - started)} ms.`);

      const curator = await archive.token({ kind: 'curator' });
      const response = await archive.fetch(curator, '/instances?Modality=CT&limit=200');
      expect(await response.json()).toHaveLength(SLICES);
      const again = await orthanc.pushAll('nccid');
      expect(again.state, again.description).toBe('Success');
      const afterwards = await archive.fetch(curator, '/instances?limit=200');
      expect(await afterwards.json()).toHaveLength(SLICES);
    } finally {
      await orthanc.close();
      await archive.close();
    }
  });
});
