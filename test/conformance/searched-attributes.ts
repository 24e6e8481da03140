/** What a curator adds to the searched attributes, for the rows that are about such: QD-14 and MA-11. */
import type { RunningArchive } from '../support/running-archive.js';

const ADDED = [
  { attribute: '00231002', level: 'instance', creator: 'AcmeCompany', vr: 'LO' },
  { attribute: 'AcquisitionDateTime', level: 'instance' },
];

/** @throws Error when the archive does not take one */
export async function addSearchedAttributes(archive: RunningArchive, curatorToken: string): Promise<void> {
  for (const added of ADDED) {
    const { status } = await archive.fetch(curatorToken, '/attributes', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(added),
    });
    if (status !== 201) throw new Error(`${added.attribute} was not added: ${status}`);
  }
}
