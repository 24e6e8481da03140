/** A curator measures, and saves what was measured as a structured report. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { phantomPatient } from '../../src/phantom/patient.js';
import { radiograph } from '../../src/phantom/radiograph.js';
import { worldAt } from './in-page.js';
import { ViewedArchive } from './viewed-archive.js';
import { PATIENCE_MS } from './viewing.js';

interface Element {
  readonly Value?: readonly (string | number | DataSet)[];
}
type DataSet = Readonly<Record<string, Element | undefined>>;

const TAG = {
  study: '0020000D',
  series: '0020000E',
  modality: '00080060',
  content: '0040A730',
  measured: '0040A300',
  numeric: '0040A30A',
} as const;

let viewed: ViewedArchive;
beforeAll(async () => {
  viewed = await ViewedArchive.open([radiograph(phantomPatient(5, { positive: false, site: 'Site A' }))]);
});
afterAll(() => viewed?.close());

const ask = async (path: string): Promise<readonly DataSet[]> => (await viewed.ask(path)) as readonly DataSet[];
const textOf = (dataSet: DataSet | undefined, tag: string): string => String(dataSet?.[tag]?.Value?.[0] ?? '');
const itemsOf = (dataSet: DataSet, tag: string): readonly DataSet[] =>
  (dataSet[tag]?.Value ?? []) as readonly DataSet[];

/** The numbers that a report and all its content tell of. */
const numbersIn = (dataSet: DataSet): readonly number[] => [
  ...itemsOf(dataSet, TAG.measured).map((item) => Number(textOf(item, TAG.numeric))),
  ...itemsOf(dataSet, TAG.content).flatMap(numbersIn),
];

describe('a measurement', () => {
  it('is saved as a report of the study by whoever may store, and is there when the study is opened again', async () => {
    const [study] = await ask('/studies');
    const uid = textOf(study, TAG.study);
    const visit = await viewed.openStudies(uid);
    const { page } = visit;

    await page.locator('[data-cy="MeasurementTools-split-button-primary"]').click();
    const box = await page.locator('canvas.cornerstone-canvas').boundingBox();
    if (box === null) throw new Error('There is no canvas.');
    const [from, to] = [
      [box.width * 0.35, box.height * 0.45],
      [box.width * 0.65, box.height * 0.55],
    ] as const;
    const [start = [], end = []] = await page.evaluate(worldAt, [from, to]);
    await page.mouse.click(box.x + from[0], box.y + from[1]);
    await page.mouse.move(box.x + to[0], box.y + to[1], { steps: 8 });
    await page.mouse.click(box.x + to[0], box.y + to[1]);
    await page.locator('[data-cy="prompt-begin-tracking-yes-btn"]').click({ timeout: PATIENCE_MS });
    await page.locator('[data-cy="trackedMeasurements-btn"]').click();
    await page.getByText('Create SR').click({ timeout: PATIENCE_MS });
    await page.locator('[data-cy="dialog-input"]').fill('Width of the heart');
    const stored = page.waitForResponse((response) => response.request().method() === 'POST', { timeout: PATIENCE_MS });
    await page.getByRole('button', { name: 'Save' }).click();
    expect((await stored).status()).toBe(200);
    await page.getByText('Width of the heart').first().waitFor({ timeout: PATIENCE_MS });
    await visit.end();

    const series = await ask(`/studies/${uid}/series`);
    const saved = series.find((one) => textOf(one, TAG.modality) === 'SR');
    const [report = {}] = await ask(`/studies/${uid}/series/${textOf(saved, TAG.series)}/metadata`);
    const length = Math.hypot(...start.map((value, axis) => value - (end[axis] ?? Number.NaN)));
    const nearest = Math.min(...numbersIn(report).map((number) => Math.abs(number - length)));
    // The mouse comes to whole pixels of the screen.
    expect(nearest).toBeLessThan(1);

    const again = await viewed.openStudies(uid);
    await again.page.getByText('Width of the heart').first().waitFor({ timeout: PATIENCE_MS });
    await again.end();
  });
});
