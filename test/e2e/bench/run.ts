/**
 * How fast the viewer feels, beside Orthanc with the same studies in the same viewer: `npm run bench:viewer`. Pairs of runs
 * take turns, so that whatever else the machine does falls on both; Orthanc compresses nothing, which is twice as fast for it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ctSeries } from '../../../src/phantom/ct-series.js';
import { phantomPatient } from '../../../src/phantom/patient.js';
import { radiograph } from '../../../src/phantom/radiograph.js';
import { hasOrthanc, startOrthanc } from '../../support/orthanc.js';
import { multipartBody } from '../../support/running-archive.js';
import { ServedArchive } from '../../support/served-archive.js';
import { launchBrowser } from '../browser.js';
import { startFront } from './front.js';
import { type Times, timeStudy } from './stopwatch.js';

const PAIRS = Number(process.argv[2] ?? 7);
const SLICES = 200;
const IN_A_REQUEST = 50;

interface Case {
  readonly name: string;
  readonly study: string;
  readonly images: number;
}

async function fill(archive: ServedArchive, add: (file: Uint8Array) => Promise<void>): Promise<void> {
  const patient = phantomPatient(7, { positive: true, site: 'Site A' });
  const files = [radiograph(patient), ...ctSeries(patient, { slices: SLICES, size: 512 })];
  for (let at = 0; at < files.length; at += IN_A_REQUEST) {
    const answer = await fetch(`${archive.url}/dicom-web/studies`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${archive.siteToken}`,
        'Content-Type': 'multipart/related; type="application/dicom"; boundary=parts',
      },
      body: multipartBody(files.slice(at, at + IN_A_REQUEST), 'parts'),
    });
    if (answer.status !== 200) throw new Error(await answer.text());
  }
  for (const file of files) await add(file);
}

async function studyOf(archive: ServedArchive, modality: string): Promise<string> {
  const answer = await fetch(`${archive.url}/dicom-web/studies?ModalitiesInStudy=${modality}`, {
    headers: { Authorization: `Bearer ${archive.curatorToken}` },
  });
  const [study] = (await answer.json()) as readonly Record<string, { readonly Value: readonly string[] }>[];
  return study?.['0020000D']?.Value[0] ?? '';
}

const sorted = (times: readonly number[]): readonly number[] => times.toSorted((a, b) => a - b);
const seconds = (ms: number | undefined): string => `${((ms ?? Number.NaN) / 1000).toFixed(2)} s`;
/** The median, and the least in parentheses. */
const summary = (times: readonly number[]): string =>
  `${seconds(sorted(times)[times.length >> 1])} (${seconds(sorted(times)[0])})`;

async function main(): Promise<void> {
  if (!hasOrthanc()) throw new Error('There is nothing to compare with.');
  const folder = await mkdtemp(join(tmpdir(), 'nccid-bench-'));
  const archive = await ServedArchive.make(join(folder, 'archive'));
  await archive.start();
  const peer = { name: 'unused', url: archive.url, token: '' };
  const orthancFolder = await mkdtemp(join(folder, 'orthanc-'));
  const orthanc = await startOrthanc(orthancFolder, peer, { HttpCompressionEnabled: false });
  const fronts = {
    NCCID: await startFront(archive.url, `${archive.url}/dicom-web`, true),
    Orthanc: await startFront(archive.url, orthanc.dicomweb, false),
  };
  const browser = await launchBrowser();
  try {
    console.info(`Making a radiograph and a CT of ${SLICES} slices, and storing them in both.`);
    await fill(archive, (file) => orthanc.add(file));
    const cases: readonly Case[] = [
      { name: `CT of ${SLICES} slices`, study: await studyOf(archive, 'CT'), images: SLICES },
      { name: 'radiograph', study: await studyOf(archive, 'DX'), images: 1 },
    ];
    for (const { name, study, images } of cases) {
      const taken: Record<keyof typeof fronts, Times[]> = { NCCID: [], Orthanc: [] };
      // The first pair warms both up, and is not counted.
      for (let pair = 0; pair <= PAIRS; pair += 1) {
        for (const server of pair % 2 === 0 ? (['NCCID', 'Orthanc'] as const) : (['Orthanc', 'NCCID'] as const)) {
          const times = await timeStudy(browser, fronts[server].url, archive.curatorToken, study, images);
          if (pair > 0) taken[server].push(times);
        }
      }
      console.info(`${name}: median (least) of ${PAIRS}`);
      for (const server of ['NCCID', 'Orthanc'] as const) {
        const first = summary(taken[server].map(({ firstImage }) => firstImage));
        const all = summary(taken[server].map(({ allImages }) => allImages));
        console.info(`  ${server.padEnd(8)} first image ${first}${images > 1 ? `, all images ${all}` : ''}`);
      }
    }
  } finally {
    await browser.close();
    await Promise.all([fronts.NCCID.close(), fronts.Orthanc.close(), orthanc.close(), archive.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
