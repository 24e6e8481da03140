/** The suite against a server of others: what it finds there is what `conformance/peers.md` says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { conduct } from '../../conformance/conduct.js';
import { hasOrthanc, startOrthanc } from '../support/orthanc.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const NO_PEER = { name: 'none', url: 'http://127.0.0.1:9/', token: 'none' };

/** Rows of the tables in a section of the page, and the version that it is about. */
function toldOf(name: string): { readonly version: string | undefined; readonly rows: readonly string[] } {
  const page = readFileSync('conformance/peers.md', 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith(name)) ?? '';
  const [, version] = /^\w+ ([\d.]+)/.exec(section) ?? [];
  const rows = [...section.matchAll(/\| ((?:[A-Z]+-\d+ ?)+) \|$/gm)].flatMap(([, ids = '']) => ids.split(' '));
  return { version, rows };
}

describe.runIf(hasOrthanc())('the conformance suite and Orthanc', () => {
  it('finds the rows of the page about other servers, and no others', async () => {
    const orthanc = await startOrthanc(temporaryFolder(), NO_PEER);
    try {
      const url = orthanc.dicomweb;
      const report = await conduct({
        url,
        token: undefined,
        storeToken: undefined,
        outsiderToken: undefined,
        partialToken: undefined,
        coercingToken: undefined,
        wadoURI: url.replace(/dicom-web$/, 'wado'),
        only: undefined,
        isReadOnly: false,
      });
      expect(report.refused).toEqual({});
      const { version, rows } = toldOf('Orthanc');
      const failed = report.results.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
      const system = await (await fetch(url.replace(/dicom-web$/, 'system'))).text();
      const [, here] = /"Version"\s*:\s*"([^"]*)"/.exec(system) ?? [];
      console.info(`Orthanc ${here}: ${failed.length} rows fail.`);
      if (here === version) expect(failed.sort()).toEqual([...rows].sort());
      else expect(failed.length).toBeGreaterThan(0);
    } finally {
      await orthanc.close();
    }
  });
});
