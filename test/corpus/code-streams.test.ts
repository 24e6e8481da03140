/** What compressed frames of real files say of themselves, against what their data sets say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeCodeStream } from '../../src/dicom/code-stream.js';
import type { CodeStreamDescription } from '../../src/dicom/code-stream-description.js';
import { imagePixelDescription } from '../../src/dicom/image-pixel.js';
import { corpusDir } from '../support/outside-files.js';
import { type Read, readWhole } from '../support/read-in-chunks.js';
import { realFilesIn } from './real-files.js';

const root = corpusDir ?? '';
const paths = corpusDir === undefined ? [] : realFilesIn(corpusDir).filter((path) => /^(?:ts|multiframe)\//.test(path));
const TOLD = new Set(['image/jpeg', 'image/jls', 'image/jp2', 'image/jpx', 'image/jphc']);

/** The file as read; undefined when it is refused. */
const readOrNot = (path: string): Promise<Read | undefined> =>
  readWhole(readFileSync(join(root, path))).catch(() => undefined);

const REVERSIBLE = '1.2.840.10008.1.2.4.90, not 1.2.840.10008.1.2.4.91';
const SUBSAMPLED = 'YBR_FULL_422, not YBR_FULL';

/**
 * Where they differ, and why: a reversible transform may lose detail all the same, by what is cut off; palettes, and colours
 * that are not transformed, are said in the data set alone; a progressive frame can be of two retired syntaxes; some files
 * do not say what they hold, or hold it not at all.
 */
const KNOWN = [
  `multiframe/j2k/weasis-dicom-tools__jpeg2000-multiframe-multifragments.dcm: ${REVERSIBLE}`,
  'multiframe/jpegls-lossless/weasis-dicom-tools__palette-multiframe-jpeg-ls.dcm: MONOCHROME2, not PALETTE COLOR',
  'ts/htj2k-lossless/pydicom-data__HTJ2KLossless_08_RGB.dcm: YBR_RCT, not RGB',
  'ts/j2k-lossless/pydicom__GDCMJ2K_TextGBR.dcm: InvalidInstance: A JPEG 2000 frame is a JP2 file, not the code stream alone.',
  `ts/j2k/cornerstone3D__CTImage.dcm_JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91.dcm: ${REVERSIBLE}`,
  `ts/j2k/fo-dicom.Codecs__PM5644-960x540_JPEG2000-Lossy.dcm: ${REVERSIBLE}`,
  `ts/j2k/fo-dicom.Codecs__PM5644-960x540_JPEG2000-Lossy50.dcm: ${REVERSIBLE}`,
  `ts/j2k/pydicom__693_J2KI.dcm: ${REVERSIBLE}`,
  'ts/j2k/pydicom__JPEG2000-embedded-sequence-delimiter.dcm: InvalidInstance: A compressed frame has a size or a depth that no image of DICOM has.',
  `ts/j2k/pydicom__SC_rgb_gdcm_KY.dcm: ${REVERSIBLE}`,
  'ts/jpeg-baseline/pydicom__SC_jpeg_no_color_transform.dcm: YBR_FULL, not RGB',
  `ts/jpeg-baseline/pydicom__SC_rgb_dcmtk_+eb+cy+n1.dcm: ${SUBSAMPLED}`,
  `ts/jpeg-baseline/pydicom__SC_rgb_dcmtk_+eb+cy+n2.dcm: ${SUBSAMPLED}`,
  `ts/jpeg-baseline/pydicom__SC_rgb_jpeg_lossy_gdcm.dcm: ${SUBSAMPLED}`,
  'ts/jpeg-lossless-sv1/pydicom__UN_sequence.dcm: InvalidInstance: A compressed frame ends within its header.',
  'ts/jpeg-retired-53/cornerstone3D__CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm: 1.2.840.10008.1.2.4.55, not 1.2.840.10008.1.2.4.53',
];

function toldOrNot(
  mediaType: string,
  start: Buffer,
  say: (message: string) => void,
): CodeStreamDescription | undefined {
  try {
    return describeCodeStream(mediaType, start);
  } catch (error) {
    say(String(error));
    return undefined;
  }
}

describe.runIf(corpusDir !== undefined)('describeCodeStream', () => {
  it('SW-26 finds in real frames the transfer syntax and the size that their files say', async () => {
    const differences: string[] = [];
    let count = 0;
    for (const path of paths) {
      const read = await readOrNot(path);
      const { mediaType = '' } = read?.header.transferSyntax ?? {};
      if (read === undefined || !TOLD.has(mediaType)) continue;
      const [table, frame] = read.fragments;
      const start = read.pixels.subarray(table?.lengthBytes ?? 0).subarray(0, frame?.lengthBytes);
      const told = toldOrNot(mediaType, start, (message) => differences.push(`${path}: ${message}`));
      if (told === undefined) continue;
      const said = imagePixelDescription(read.header.dataSet);
      count += 1;
      const pairs = [
        [told.transferSyntaxUID, read.header.transferSyntax.uid],
        [told.rows, said.rows],
        [told.columns, said.columns],
        [told.samplesPerPixel, said.samplesPerPixel],
        [told.photometricInterpretation, said.photometricInterpretation],
        [told.bitsStored > 8 ? 16 : 8, said.bitsAllocated],
      ];
      differences.push(...pairs.filter(([a, b]) => a !== b).map(([a, b]) => `${path}: ${a}, not ${b}`));
    }
    expect(count).toBeGreaterThan(75);
    expect(differences).toEqual(KNOWN);
  });
});
