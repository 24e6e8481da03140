/** Small Part 10 files for tests, made of attributes by keyword. */
import { dataSetOfKeywords, type PlainValue } from '../../src/dicom/build-data-set.js';
import { encodeExplicitVRLittleEndian, encodeFileMeta, encodePart10 } from '../../src/dicom/data-set-writer.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../../src/dicom/transfer-syntaxes.js';

export type Attributes = Readonly<Record<string, PlainValue | undefined>>;

export const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';

/** A CT slice of 4 by 4 pixels; attributes that are given stand instead of its own, undefined leaves one out. */
export const ctAttributes = (attributes: Attributes = {}): Attributes => ({
  SOPClassUID: CT_IMAGE_STORAGE,
  SOPInstanceUID: '1.2.3.1.1',
  StudyInstanceUID: '1.2.3',
  SeriesInstanceUID: '1.2.3.1',
  PatientID: 'COVID001',
  PatientSex: 'F',
  Modality: 'CT',
  StudyDate: '20200401',
  StudyTime: '101500',
  StudyDescription: 'CT Thorax',
  SeriesNumber: 1,
  SeriesDescription: 'Lung',
  InstanceNumber: 1,
  SamplesPerPixel: 1,
  PhotometricInterpretation: 'MONOCHROME2',
  Rows: 4,
  Columns: 4,
  BitsAllocated: 16,
  BitsStored: 12,
  HighBit: 11,
  PixelRepresentation: 0,
  PixelData: Array.from({ length: 16 }, (_, i) => 100 * i),
  ...attributes,
});

/** The file of `ctAttributes`, Explicit VR Little Endian. */
export const ctFile = (attributes: Attributes = {}): Buffer =>
  encodePart10(dataSetOfKeywords(ctAttributes(attributes)));

/** The same with something in its preamble. */
export function withPreamble(file: Buffer, preamble: string): Buffer {
  const changed = Buffer.from(file);
  changed.write(preamble, 0, 'latin1');
  return changed;
}

/** The same data set behind File Meta Information that speaks of other UIDs. */
export const ctFileWithMeta = (meta: { sopClassUID: string; sopInstanceUID: string }): Buffer =>
  Buffer.concat([
    encodeFileMeta({ ...meta, transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN }),
    encodeExplicitVRLittleEndian(dataSetOfKeywords(ctAttributes())),
  ]);
