import { expect, it } from 'vitest';
import { makeInstance } from '../../http/instances.js';
import { ArchiveFixture } from '../../support/archive-fixture.js';

it.each([
  { withFrames: 9, of: 9, middle: 5, why: 'its middle one' },
  { withFrames: 6, of: 9, middle: 5, why: 'its middle one, when that has frames' },
  { withFrames: 3, of: 9, middle: 2, why: 'the middle one of those with frames, when its own has none' },
  { withFrames: 0, of: 4, middle: 3, why: 'its middle one, when none has frames' },
])('RT-06 a series is represented by $why', async ({ withFrames, of, middle }) => {
  const fixture = await ArchiveFixture.open();
  const made = Array.from({ length: of }, (_, i) =>
    makeInstance({
      study: 'few frames',
      instance: `few frames ${i + 1}`,
      attributes: { InstanceNumber: String(i + 1), ...(i < withFrames ? {} : { PixelData: undefined }) },
    }),
  );
  await fixture.store(await fixture.addSite('Leeds'), ...made.map(({ file }) => file));
  const { studyInstanceUID = '', seriesInstanceUID = '', sopInstanceUID } = made[middle - 1] ?? {};
  const archive = fixture.opened.archive.as({ kind: 'everything' });
  expect(await archive.representative({ studyInstanceUID, seriesInstanceUID })).toMatchObject({ sopInstanceUID });
});
