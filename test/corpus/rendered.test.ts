/**
 * What is drawn of real files, against what DCMTK draws of them in the same window. Frames that are compressed are decompressed
 * by DCMTK for both; all that it can not are left to the tests of decoding.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { InvalidInstance } from '../../src/dicom/failure-reasons.js';
import { alignBits } from '../../src/dicom/frame-table.js';
import { frameBits, type ImagePixelDescription, imagePixelDescription } from '../../src/dicom/image-pixel.js';
import { ArchiveError } from '../../src/errors.js';
import { drawFrame } from '../../src/pixels/render/draw.js';
import type { Raster } from '../../src/pixels/render/raster.js';
import { planRendering, type RenderPlan, type RenderRequest } from '../../src/pixels/render/render-plan.js';
import { frameOf } from '../support/native-frame.js';
import { corpusDir, hostileDir } from '../support/outside-files.js';
import { meanDifference, readPortableMap } from '../support/portable-map.js';
import { type Read, readWhole } from '../support/read-in-chunks.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { littleEndianPixels } from './native-pixels.js';
import { realFilesIn } from './real-files.js';

const run = promisify(execFile);
const root = corpusDir ?? '';
/** Slices of one series are alike, and fuzzed files are no images. */
const paths = (corpusDir === undefined ? [] : realFilesIn(corpusDir)).filter(
  (path) => !/^(?:hostile|charset|ct-chest-series\/.*[1-9]\.dcm$)/.test(path),
);
const MOST_BYTES = 1 << 28;

const compressed = '1.2.840.10008.1.2';
/** By transfer syntax, what makes a file of it native. */
const DECOMPRESS: Readonly<Record<string, string>> = {
  [`${compressed}.5`]: 'dcmdrle',
  [`${compressed}.4.50`]: 'dcmdjpeg',
  [`${compressed}.4.51`]: 'dcmdjpeg',
  [`${compressed}.4.57`]: 'dcmdjpeg',
  [`${compressed}.4.70`]: 'dcmdjpeg',
  [`${compressed}.4.80`]: 'dcmdjpls',
  [`${compressed}.4.81`]: 'dcmdjpls',
};

interface Drawn {
  readonly path: string;
  /** Photometric Interpretation, bits stored with `s` for signed, and how grey is windowed. */
  readonly kind: string;
  readonly difference: number;
}

/** All kinds of images there are. */
const KINDS: readonly string[] = [
  'MONOCHROME1 12 window',
  'MONOCHROME1 8 window',
  'MONOCHROME2 1 range',
  'MONOCHROME2 12 extent',
  'MONOCHROME2 12 window',
  'MONOCHROME2 12s extent',
  'MONOCHROME2 14s window',
  'MONOCHROME2 15s extent',
  'MONOCHROME2 16 extent',
  'MONOCHROME2 16 window',
  'MONOCHROME2 16s extent',
  'MONOCHROME2 16s window',
  'MONOCHROME2 32 extent',
  'MONOCHROME2 8 extent',
  'MONOCHROME2 8 range',
  'MONOCHROME2 8 table',
  'MONOCHROME2 8 window',
  'MONOCHROME2 9s extent',
  'PALETTE COLOR 8',
  'RGB 16',
  'RGB 32',
  'RGB 8',
  'YBR_FULL 8',
  'YBR_FULL_422 8',
];

/** Where what is drawn differs, and why. */
const DIFFERENT: readonly (readonly [RegExp, string])[] = [
  [/rt-utils__/, 'Of fractions, DCMTK stretches from the least to one more than the largest.'],
  [/dicomParser__CT0012/, 'DCMTK knows no supplemental palette.'],
  [/rtdose_expb/, 'DCMTK swaps pixels of 32 bits in OW as words of 16, against those who write them.'],
];

/** What is not drawn by DCMTK, and what is no image. */
const UNDRAWN: readonly string[] = [
  'colour/pydicom-data__SC_rgb_32bit.dcm: by DCMTK',
  'mod/OT/pydicom-data__parametric_map_float.dcm: by DCMTK',
  'mod/none/pydicom__nested_priv_SQ.dcm: InvalidInstance: Bits Allocated is missing or no number.',
  'rt/pydicom__badVR.dcm: InvalidInstance: Number of Frames is missing or no number.',
  'ts/explicit-be/pydicom-data__SC_rgb_expb_32bit.dcm: by DCMTK',
];

/** The file as native pixels, if it is an image that can be read. */
async function findNative(
  path: string,
  folder: string,
): Promise<{ readonly read: Read; readonly file: string } | undefined> {
  const file = join(root, path);
  try {
    const read = await readWhole(readFileSync(file));
    const decompress = DECOMPRESS[read.header.transferSyntax.uid];
    if (read.fragments.length === 0) return read.pixels.length === 0 ? undefined : { read, file };
    if (decompress === undefined) return undefined;
    const native = join(folder, 'native.dcm');
    await run(decompress, [file, native]);
    return { read: await readWhole(readFileSync(native)), file: native };
  } catch {
    // Refused by our reader, or by DCMTK: nothing that both could draw.
    return undefined;
  }
}

/**
 * Padding is black in whatever window, and left out of what a frame holds, by us alone: such images are compared in a window
 * that begins with it.
 */
function requestFor({ header }: Read, frameNumber: number): RenderRequest {
  const { modality, voi, padding } = planRendering(header.dataSet, { frameNumber }).grey;
  if (voi.kind !== 'extent' || padding === undefined || modality.kind === 'table') return { frameNumber };
  const black = padding.high * modality.slope + modality.intercept;
  return { frameNumber, window: { center: black + 1000.5, width: 2000, function: 'linear' } };
}

function drawOurs(read: Read, description: ImagePixelDescription, plan: RenderPlan, frameNumber: number): Raster {
  const bits = frameBits(description);
  const pixels = alignBits(littleEndianPixels(read), (frameNumber - 1) * bits, bits);
  return drawFrame(frameOf(read.header.dataSet, pixels), plan);
}

async function drawTheirs(file: string, { grey, takesWindow }: RenderPlan, frameNumber: number): Promise<Buffer> {
  const args = ['--quiet', '+op', '+F', String(frameNumber), ...(takesWindow ? windowArguments(grey.voi) : []), file];
  const { stdout } = await run('dcm2pnm', args, { encoding: 'buffer', maxBuffer: MOST_BYTES });
  return stdout;
}

function windowArguments(voi: RenderPlan['grey']['voi']): readonly string[] {
  switch (voi.kind) {
    case 'window':
      return [
        '+Ww',
        String(voi.window.center),
        String(voi.window.width),
        voi.window.function === 'sigmoid' ? '+Wfs' : '+Wfl',
      ];
    case 'table':
      return ['+Wl', '1'];
    case 'range':
      return ['+Ww', String((voi.low + voi.high + 1) / 2), String(voi.high - voi.low + 1)];
    case 'extent':
      return ['+Wm'];
  }
}

/** A frame drawn by both. @throws what DCMTK says when it does not draw it */
async function compare(
  path: string,
  { read, file }: { read: Read; file: string },
  frameNumber: number,
): Promise<Drawn> {
  const description = imagePixelDescription(read.header.dataSet);
  const plan = planRendering(read.header.dataSet, requestFor(read, frameNumber));
  const { photometricInterpretation, bitsStored, pixelRepresentation } = description;
  const { grey, takesWindow } = plan;
  const ours = drawOurs(read, description, plan, frameNumber);
  const theirs = readPortableMap(await drawTheirs(file, plan, frameNumber));
  const isSameSize = theirs.rows === ours.rows && theirs.columns === ours.columns;
  return {
    path: frameNumber === 1 ? path : `${path} frame ${frameNumber}`,
    kind: `${photometricInterpretation} ${bitsStored}${pixelRepresentation === 1 ? 's' : ''} ${takesWindow ? grey.voi.kind : ''}`.trim(),
    difference: isSameSize ? meanDifference(ours, theirs) : Number.POSITIVE_INFINITY,
  };
}

describe.runIf(corpusDir !== undefined)('RR-04 RR-05 drawFrame', () => {
  it('draws real files as DCMTK does, by less than one grey level on the mean', { timeout: 600_000 }, async () => {
    const folder = temporaryFolder();
    const drawn: Drawn[] = [];
    const undrawn: string[] = [];
    for (const path of paths) {
      const native = await findNative(path, folder);
      if (native === undefined) continue;
      try {
        const { numberOfFrames } = imagePixelDescription(native.read.header.dataSet);
        for (const frameNumber of new Set([1, Math.ceil(numberOfFrames / 2)])) {
          drawn.push(await compare(path, native, frameNumber));
        }
      } catch (error) {
        undrawn.push(`${path}: ${error instanceof Error && 'cmd' in error ? 'by DCMTK' : String(error)}`);
      }
    }
    expect(drawn.length).toBeGreaterThan(300);
    expect(new Set(drawn.map(({ kind }) => kind))).toEqual(new Set(KINDS));
    const unlike = drawn.filter(({ difference }) => difference > 1).map(({ path }) => path);
    const isKnown = (path: string): boolean => DIFFERENT.some(([pattern]) => pattern.test(path));
    expect(unlike.filter((path) => !isKnown(path))).toEqual([]);
    expect(DIFFERENT.filter(([pattern]) => !unlike.some((path) => pattern.test(path)))).toEqual([]);
    expect(undrawn).toEqual(UNDRAWN);
  });
});

describe.runIf(corpusDir !== undefined || hostileDir !== undefined)('RR-18 RR-20 planRendering and drawFrame', () => {
  it('say what is wrong with whatever is no image, and draw the rest, each in less than two seconds', async () => {
    const files = [corpusDir, hostileDir].flatMap((folder) =>
      folder === undefined ? [] : realFilesIn(folder).map((path) => join(folder, path)),
    );
    const slow: string[] = [];
    let drawnCount = 0;
    for (const file of files) {
      const read = await readWhole(readFileSync(file)).catch(() => undefined);
      if (read === undefined) continue;
      const startedAt = performance.now();
      if (drawsNoise(read)) drawnCount += 1;
      if (performance.now() - startedAt > 2000) slow.push(file);
    }
    expect(drawnCount).toBeGreaterThan(corpusDir === undefined ? 10 : 500);
    expect(slow).toEqual([]);
  }, 600_000);
});

/** Draw pixels that are not those of the image, as a decoder may give them. @throws what is no answer to give */
function drawsNoise({ header: { dataSet } }: Read): boolean {
  try {
    const plan = planRendering(dataSet, { frameNumber: 1 });
    const lengthBytes = Math.ceil(frameBits(imagePixelDescription(dataSet)) / 8);
    const pixels = Uint8Array.from({ length: lengthBytes }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24);
    return drawFrame(frameOf(dataSet, pixels), plan).bytes.length > 0;
  } catch (error) {
    if (error instanceof InvalidInstance || error instanceof ArchiveError) return false;
    throw error;
  }
}
