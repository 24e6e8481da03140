/** The list of studies with which the viewer begins, and whose studies are in it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ctFile } from '../support/part10.js';
import type { Visit } from './browser.js';
import { readPicture } from './picture.js';
import { pathOfStudies, ViewedArchive } from './viewed-archive.js';
import { expectPicture, PATIENCE_MS, untilDrawn } from './viewing.js';

const STUDIES = 31;
/** What the viewer shows on a page unless told otherwise. */
const ON_A_PAGE = 25;

const uidOf = (study: number): string => `1.2.826.0.1.9.7.${study}`;
const isRadiograph = (study: number): boolean => study % 4 === 0;
/** A day each, so that the order is known: the latest is the first of the list. */
const instance = (study: number): Buffer =>
  ctFile({
    SOPClassUID: isRadiograph(study) ? '1.2.840.10008.5.1.4.1.1.1' : '1.2.840.10008.5.1.4.1.1.2',
    StudyInstanceUID: uidOf(study),
    SeriesInstanceUID: `${uidOf(study)}.1`,
    SOPInstanceUID: `${uidOf(study)}.1.1`,
    PatientID: `LIST${String(study).padStart(3, '0')}`,
    PatientName: `Made^Up${study}`,
    Modality: isRadiograph(study) ? 'CR' : 'CT',
    StudyDate: `202003${String(study + 1).padStart(2, '0')}`,
    Rows: 64,
    Columns: 64,
    WindowCenter: 1000,
    WindowWidth: 2000,
    PixelData: Array.from({ length: 64 * 64 }, (_, at) => (at % 64) * 31),
  });
const instances = Array.from({ length: STUDIES }, (_, study) => instance(study));

let viewed: ViewedArchive;
beforeAll(async () => {
  viewed = await ViewedArchive.open(instances);
});
afterAll(() => viewed?.close());

const patientsIn = ({ page }: Visit): Promise<readonly string[]> =>
  page.locator('[data-cy="study-list-results"] tr td:nth-child(2)').allTextContents();

const expectPatients = (visit: Visit, studies: readonly number[]): Promise<unknown> =>
  expect
    .poll(async () => (await patientsIn(visit)).map((text) => text.trim()), { timeout: PATIENCE_MS })
    .toEqual(studies.map((study) => `LIST${String(study).padStart(3, '0')}`));

const countdown = (from: number, to: number): readonly number[] =>
  Array.from({ length: from - to + 1 }, (_, at) => from - at);

describe('the study list', () => {
  it('shows the latest studies first, and the rest on the next page', async () => {
    const visit = await viewed.visitAs(viewed.archive.curatorToken);
    await expectPatients(visit, countdown(STUDIES - 1, STUDIES - ON_A_PAGE));
    expect(await visit.page.locator('[data-cy="num-studies"]').textContent()).toBe(String(STUDIES));
    await visit.page.getByText('Next >').click();
    await expectPatients(visit, countdown(STUDIES - ON_A_PAGE - 1, 0));
    await visit.end();
  });

  it('finds studies by a part of a name and by a Patient ID', async () => {
    const visit = await viewed.visitAs(viewed.archive.curatorToken);
    await visit.page.locator('[data-cy="input-mrn"]').fill('T007');
    await expectPatients(visit, [7]);
    await visit.page.locator('[data-cy="input-mrn"]').fill('');
    await visit.page.locator('[data-cy="input-patientName"]').fill('up12');
    await expectPatients(visit, [12]);
    await visit.end();
  });

  it('opens a study', async () => {
    const visit = await viewed.visitAs(viewed.archive.curatorToken);
    await visit.page.locator('[data-cy="study-list-results"] tr').first().click();
    await visit.page.locator(`[data-cy="mode-viewer-${uidOf(STUDIES - 1)}"]`).click();
    await untilDrawn(visit);
    await expectPicture(visit, await readPicture(instances[STUDIES - 1] as Buffer));
    await visit.end();
  });

  it('shows the holder of a licence what it covers, and nothing else', async () => {
    const visit = await viewed.visitAs(await viewed.licenceToken('xray'));
    await expectPatients(visit, countdown(STUDIES - 1, 0).filter(isRadiograph));
    await visit.end();
  });

  it('opens for the holder of a licence no study that it does not cover, as if it were not there', async () => {
    const token = await viewed.licenceToken('xray');
    const places: string[] = [];
    for (const study of [uidOf(1), '1.2.826.0.1.9.8']) {
      const visit = await viewed.visitAs(token, pathOfStudies(study));
      await visit.page
        .getByText('One or more of the requested studies are not available')
        .waitFor({ timeout: PATIENCE_MS });
      places.push(visit.page.url());
      await visit.end();
    }
    expect(places[0]).toBe(places[1]);
  });
});
