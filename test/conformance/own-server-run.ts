/** The suite's judgement of the archive itself. */
import { conduct } from '../../conformance/conduct.js';
import type { RunReport } from '../../conformance/report/summary.js';
import { setSiteAttributes } from '../../src/governance/site-attributes.js';
import type { RunningArchive } from '../support/running-archive.js';

/** An origin that the archive has to be set up to allow: the suite asks for CORS with it. */
export const VIEWER_ORIGIN = 'https://viewer.example';

/** What the suite searches by and an archive does only when a curator has added it. */
const SEARCHED_BY_SUITE = [
  { attribute: '00231002', creator: 'AcmeCompany', vr: 'LO', level: 'instance' },
  { attribute: 'AcquisitionDateTime', level: 'instance' },
] as const;

/** Set an archive up, as its curator, to be searched by all that the suite searches by. */
export async function addSearchedBySuite(archive: RunningArchive): Promise<void> {
  const token = await archive.token({ kind: 'curator' });
  for (const attribute of SEARCHED_BY_SUITE) {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await archive.fetch(token, '/attributes', {
      method: 'POST',
      headers,
      body: JSON.stringify(attribute),
    });
    if (answer.status !== 201) throw new Error(`${attribute.attribute} was not added: ${await answer.text()}`);
  }
}

/** A licence for the CT series of studies that have others, too. */
export const CT_ALONE = { project: 'Part of this', kinds: ['ct'], splits: ['training', 'validation'] } as const;

/** Add a site in whose data attributes are set: one that they have, and one that they do not. Gives a token of it. */
export async function addCoercedSite(archive: RunningArchive): Promise<string> {
  await archive.addSite('Coerced');
  await setSiteAttributes(archive.database, 'Coerced', [
    { attribute: 'Manufacturer', value: 'COERCED' },
    { attribute: 'ClinicalTrialSiteID', value: 'SITE-C' },
  ]);
  return archive.token({ kind: 'site', site: 'Coerced' });
}

/**
 * Let the suite store, judge and delete as a curator, look in as researchers whose licences cover none
 * of it, and CT alone, and send as a site whose data are set right.
 */
export async function judgeOwnServer(archive: RunningArchive): Promise<RunReport> {
  await archive.addSite('Elsewhere');
  await addSearchedBySuite(archive);
  const licence = { project: 'Nothing of this', kinds: ['xray'], splits: ['training'], sites: ['Elsewhere'] } as const;
  const reference = await archive.addLicence(licence);
  const token = await archive.token({ kind: 'curator' });
  const partial = await archive.addLicence(CT_ALONE);
  return await conduct({
    url: archive.base,
    token,
    storeToken: token,
    outsiderToken: await archive.token({ kind: 'licence', reference, person: 'ada@example.org' }),
    partialToken: await archive.token({ kind: 'licence', reference: partial, person: 'ada@example.org' }),
    coercingToken: await addCoercedSite(archive),
    wadoURI: `${archive.base}/wado`,
    only: undefined,
    isReadOnly: false,
  });
}
