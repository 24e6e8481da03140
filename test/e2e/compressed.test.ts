/** Compressed images of other makers in the viewer, which decodes them itself. Run over the files of `CORPUS_DIR`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import dicomParser from 'dicom-parser';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { makeInstance } from '../http/instances.js';
import { corpusDir } from '../support/outside-files.js';
import { encodedFrame, readPicture } from './picture.js';
import { ViewedArchive } from './viewed-archive.js';
import { expectPicture } from './viewing.js';

const FILES: readonly (readonly [name: string, path: string])[] = [
  [
    'JPEG 2000',
    'ts/j2k-lossless/cornerstone3D__CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm',
  ],
  ['JPEG-LS', 'ts/jpegls-lossless/dicomParser__CT1_UNC.not_fragmented_bot_jpeg_ls.80.dcm'],
  ['HTJ2K', 'ts/htj2k-lossless/pydicom-data__HTJ2KLossless_08_RGB.dcm'],
  ['multi-frame JPEG-LS', 'multiframe/jpegls-lossless/dicomParser__CT0012.not_fragmented_bot_jpeg_ls.80.dcm'],
];

/** A file of the corpus; one without UIDs, as it comes from a codec's own tests, has its code stream put into a data set. */
async function instanceOf(name: string, path: string): Promise<Buffer> {
  const file = await readFile(join(corpusDir ?? '', path));
  const parsed = dicomParser.parseDicom(file);
  if (parsed.string('x0020000d') !== undefined) return file;
  return makeInstance({
    study: name,
    modality: 'OT',
    transferSyntaxUID: parsed.string('x00020010') ?? '',
    fragments: [[Buffer.from(encodedFrame(parsed, 0))]],
    attributes: {
      SamplesPerPixel: parsed.uint16('x00280002'),
      PhotometricInterpretation: parsed.string('x00280004'),
      PlanarConfiguration: parsed.uint16('x00280006'),
      Rows: parsed.uint16('x00280010'),
      Columns: parsed.uint16('x00280011'),
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
    },
  }).file;
}

describe.runIf(corpusDir !== undefined)('the viewer, over files of other makers', () => {
  const instances = new Map<string, Buffer>();
  let viewed: ViewedArchive;
  beforeAll(async () => {
    for (const [name, path] of FILES) instances.set(name, await instanceOf(name, path));
    viewed = await ViewedArchive.open([...instances.values()]);
  });
  afterAll(() => viewed?.close());

  it.each(FILES)('opens a %s image', async (name) => {
    const file = instances.get(name) ?? Buffer.alloc(0);
    const visit = await viewed.openStudies(dicomParser.parseDicom(file).string('x0020000d') ?? '');
    await expectPicture(visit, await readPicture(file));
    await visit.end();
  });
});
