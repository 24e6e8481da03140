/** Images of a made-up patient in the viewer: that they are drawn, and drawn as they are. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ctSeries } from '../../src/phantom/ct-series.js';
import { phantomPatient } from '../../src/phantom/patient.js';
import { radiograph } from '../../src/phantom/radiograph.js';
import { ctFile } from '../support/part10.js';
import { shownImage, thumbnailWidths } from './in-page.js';
import { type Picture, readPicture } from './picture.js';
import { ViewedArchive } from './viewed-archive.js';
import { expectPicture, PATIENCE_MS, untilDrawn, untilLoaded } from './viewing.js';

const SLICES = 40;
const FRAMES = 6;
const MULTI_FRAME_STUDY = '1.2.826.0.1.9.6';

const patient = phantomPatient(3, { positive: true, site: 'Site A' });
const chest = [...ctSeries(patient, { slices: SLICES, size: 256 })];
const film = radiograph(patient);
/** Frames that can be told apart: the same ramp, a step lighter in each. */
const multiFrame = ctFile({
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.7.3',
  StudyInstanceUID: MULTI_FRAME_STUDY,
  SeriesInstanceUID: `${MULTI_FRAME_STUDY}.1`,
  SOPInstanceUID: `${MULTI_FRAME_STUDY}.1.1`,
  PatientID: 'FRAMES',
  Modality: 'OT',
  Rows: 64,
  Columns: 64,
  NumberOfFrames: FRAMES,
  WindowCenter: 2048,
  WindowWidth: 4096,
  PixelData: Array.from({ length: 64 * 64 * FRAMES }, (_, at) => (at % 64) * 40 + Math.floor(at / 4096) * 250),
});

let viewed: ViewedArchive;
beforeAll(async () => {
  viewed = await ViewedArchive.open([film, ...chest, multiFrame]);
});
afterAll(() => viewed?.close());

const studyOf = async (modality: string): Promise<string> => {
  const [study] = (await viewed.ask(`/studies?ModalitiesInStudy=${modality}`)) as Record<string, { Value: string[] }>[];
  return study?.['0020000D']?.Value[0] ?? '';
};

describe('the viewer', () => {
  it('opens a chest CT and scrolls through it, slice by slice as they lie in the body', async () => {
    const visit = await viewed.openStudies(await studyOf('CT'));
    await untilLoaded(visit, SLICES);
    const pictures: Picture[] = await Promise.all(chest.map(readPicture));
    await expectPicture(visit, pictures[0] as Picture);

    const canvas = visit.page.locator('canvas.cornerstone-canvas');
    await canvas.hover();
    for (const slice of [1, 2, 3]) {
      await visit.page.mouse.wheel(0, 100);
      await untilDrawn(visit, slice);
      await expectPicture(visit, pictures[slice] as Picture);
    }
    await visit.page.keyboard.press('End');
    await untilDrawn(visit, SLICES - 1);
    await expectPicture(visit, pictures[SLICES - 1] as Picture);
    await visit.end();
  });

  it('opens a radiograph', async () => {
    const visit = await viewed.openStudies(await studyOf('DX'));
    await expectPicture(visit, await readPicture(film));
    await expect
      .poll(() => visit.page.evaluate(thumbnailWidths), { timeout: PATIENCE_MS })
      .toEqual([expect.toSatisfy((width) => width > 0)]);
    await visit.end();
  });

  it('opens a multi-frame instance and shows each frame', async () => {
    const visit = await viewed.openStudies(MULTI_FRAME_STUDY);
    await untilLoaded(visit, FRAMES);
    const picture = await readPicture(multiFrame);
    await expectPicture(visit, picture);
    await visit.page.locator('canvas.cornerstone-canvas').hover();
    for (let frame = 1; frame < FRAMES; frame += 1) {
      await visit.page.mouse.wheel(0, 100);
      await untilDrawn(visit, frame);
      await expect
        .poll(async () => (await visit.page.evaluate(shownImage)).imageID, { timeout: PATIENCE_MS })
        .toContain(`/frames/${frame + 1}`);
      await expectPicture(visit, picture, frame);
    }
    await visit.end();
  });
});
