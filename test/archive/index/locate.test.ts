import { expect, it } from 'vitest';
import { makeInstance } from '../../http/instances.js';
import { ArchiveFixture } from '../../support/archive-fixture.js';

it('RT-06 the middle instance of a series is that of its instances with frames', async () => {
  const fixture = await ArchiveFixture.open();
  const made = Array.from({ length: 9 }, (_, i) =>
    makeInstance({
      study: 'few frames',
      instance: `few frames ${i + 1}`,
      attributes: { InstanceNumber: String(i + 1), ...(i < 3 ? {} : { PixelData: undefined }) },
    }),
  );
  await fixture.store(await fixture.addSite('Leeds'), ...made.map(({ file }) => file));
  const { studyInstanceUID = '', seriesInstanceUID = '', sopInstanceUID } = made[1] ?? {};
  const archive = fixture.opened.archive.as({ kind: 'everything' });
  expect(await archive.representative({ studyInstanceUID, seriesInstanceUID })).toMatchObject({ sopInstanceUID });
});
