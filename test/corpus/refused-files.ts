/** Which real files the archive refuses, in which words, and why that is right. Whatever is not told here must be stored. */
import { FAILURE_REASON, type FailureReason } from '../../src/dicom/failure-reasons.js';

export interface RefusedFiles {
  readonly reason: FailureReason;
  /** What the archive says, as far as it is the same for all. */
  readonly says: string;
  /** Why it should. */
  readonly why: string;
  /** Below the folder of files. */
  readonly files: readonly string[];
}

const { cannotUnderstand, dataSetDoesNotMatchSOPClass, sopClassNotSupported } = FAILURE_REASON;

const below = (folder: string, names: readonly string[]): readonly string[] => names.map((name) => `${folder}/${name}`);

export const REFUSED_FILES: readonly RefusedFiles[] = [
  {
    reason: dataSetDoesNotMatchSOPClass,
    says: 'The SOP Instance UID of the File Meta Information is not that of the data set.',
    why: 'Whoever indexes by the one and whoever indexes by the other hold two instances (PS3.10 §7.1); the sender must say which.',
    files: [
      ...below('charset', ['pydicom__chrJapMulti.dcm', 'pydicom__chrJapMultiExplicitIR6.dcm']),
      'colour/fo-dicom.Codecs__PM5644-960x540_RGB.dcm',
      'ecg/dicomParser__wave_dfl',
      ...below('multiframe/explicit-le', [
        'highdicom__sm_image_dots.dcm',
        'highdicom__sm_image_grayscale.dcm',
        'highdicom__sm_image_grayscale_reversed.dcm',
        'highdicom__sm_image_numbers.dcm',
      ]),
      ...below('rt', [
        'pydicom__badVR.dcm',
        'pydicom__rtdose.dcm',
        'pydicom__rtdose_1frame.dcm',
        'pydicom__rtdose_expb.dcm',
        'pydicom__rtdose_expb_1frame.dcm',
        'pydicom__rtplan.dcm',
      ]),
      'ts/j2k-lossless/fo-dicom.Codecs__PM5644-960x540_JPEG2000-Lossless.dcm',
      'ts/jpeg-lossless-sv1/cornerstone3D__TestPattern_JPEG-Lossless_RGB.dcm',
      'ts/jpeg-lossless-sv1/fo-dicom.Codecs__PM5644-960x540_JPEG-Lossless_RGB.dcm',
      'ts/jpegls-lossless/fo-dicom.Codecs__PM5644-960x540_JPEG-LS_Lossless.dcm',
      'ts/rle/fo-dicom.Codecs__PM5644-960x540_RLE-Lossless.dcm',
    ],
  },
  {
    reason: dataSetDoesNotMatchSOPClass,
    says: 'The data set has no Study Instance UID.',
    why: 'Without it there is no place for the instance in any study: directories, palettes and torsos made to test a parser.',
    files: [
      ...below('charset', ['pydicom__chrSQEncoding.dcm', 'pydicom__chrSQEncoding1.dcm']),
      ...below('dicomdir/pydicom', [
        'DICOMDIR',
        'DICOMDIR-bigEnd',
        'DICOMDIR-empty.dcm',
        'DICOMDIR-implicit',
        'DICOMDIR-nopatient',
        'DICOMDIR-reordered',
        'TINY_ALPHA/DICOMDIR',
      ]),
      ...below('mod/none', [
        'pydicom__empty_charset_LEI.dcm',
        'pydicom__fall.dcm',
        'pydicom__hotiron.dcm',
        'pydicom__hotmetalblue.dcm',
        'pydicom__nested_priv_SQ.dcm',
        'pydicom__pet.dcm',
        'pydicom__pet20step.dcm',
        'pydicom__priv_SQ.dcm',
        'pydicom__spring.dcm',
        'pydicom__summer.dcm',
        'weasis-dicom-tools__NeurosurgeryPlan.dcm',
      ]),
      'ts/htj2k-lossless/pydicom-data__HTJ2KLossless_08_RGB.dcm',
      'ts/jpeg-lossless-sv1/pydicom__UN_sequence.dcm',
      ...below('ts/jpegls-lossless', ['pydicom-data__JLSL_08_07_0_1F.dcm', 'pydicom-data__JLSL_16_15_1_1F.dcm']),
      ...below('ts/jpegls-near', [
        'pydicom__JPEGLSNearLossless_08.dcm',
        'pydicom__JPEGLSNearLossless_16.dcm',
        'pydicom__SC_rgb_jls_lossy_line.dcm',
        'pydicom__SC_rgb_jls_lossy_sample.dcm',
      ]),
    ],
  },
  {
    reason: dataSetDoesNotMatchSOPClass,
    says: 'The SOP Instance UID is not a valid UID',
    why: 'Its SOP Instance UID has more than 64 characters.',
    files: ['multiframe/j2k/weasis-dicom-tools__jpeg2000-multiframe-multifragments.dcm'],
  },
  {
    reason: sopClassNotSupported,
    says: 'The SOP Class is not one this archive stores.',
    why: 'The Ultrasound Image Storage that was retired for another one; the archive takes the classes of today (PS3.4 Annex B).',
    files: ['colour/pydicom-data__color-pl.dcm'],
  },
  {
    reason: cannotUnderstand,
    says: 'The file has no preamble with the prefix DICM',
    why: 'No Part 10 file (PS3.10 §7.1): File Meta Information with nothing before it.',
    files: below('nonconformant', ['pydicom-data__JLSL_RGB_ILV0.dcm', 'pydicom-data__JLSL_RGB_ILV2.dcm']),
  },
  {
    reason: cannotUnderstand,
    says: 'The bytes are not a DICOM Part 10 file.',
    why: 'A bare data set: its transfer syntax can only be guessed.',
    files: below('nonconformant', [
      'pydicom-data__OT-PAL-8-face.dcm',
      'pydicom__ExplVR_BigEndNoMeta.dcm',
      'pydicom__ExplVR_LitEndNoMeta.dcm',
      'pydicom__no_meta.dcm',
      'pydicom__rtstruct.dcm',
    ]),
  },
  {
    reason: cannotUnderstand,
    says: 'The File Meta Information has no Transfer Syntax UID.',
    why: 'How to read the data set can only be guessed.',
    files: ['nonconformant/pydicom__meta_missing_tsyntax.dcm'],
  },
  {
    reason: cannotUnderstand,
    says: 'The File Meta Information has no group length',
    why: 'Type 1 in PS3.10 §7.1: without it readers disagree on where File Meta Information ends.',
    files: ['mod/none/pydicom__no_meta_group_length.dcm'],
  },
  {
    reason: cannotUnderstand,
    says: 'longer than the sequence, item or group that holds it',
    why: 'Edited by hand: its last item claims to be longer than the sequence around it. A directory, no study.',
    files: ['dicomdir/pydicom/DICOMDIR-nooffset'],
  },
  {
    reason: cannotUnderstand,
    says: 'has no Value Representation of the standard',
    why: 'The length of Pixel Data covers the first of twenty slices; the other nineteen follow it as no element at all.',
    files: ['mod/MR/Papaya__brain_001.dcm'],
  },
  {
    reason: cannotUnderstand,
    says: 'has no Value Representation of the standard',
    why: 'Its transfer syntax is an explicit one, its data set is in Implicit VR: to guess so is to be fooled by a file made for it.',
    files: ['ts/jpeg-baseline/pydicom__SC_rgb_jpeg.dcm'],
  },
  {
    reason: cannotUnderstand,
    says: 'repeats a tag or comes after a higher one',
    why: 'SOP Instance UID stands in it twice. Here both are alike; elsewhere DCMTK would believe the first and others the last. A palette, no study.',
    files: ['mod/none/pydicom__winter.dcm'],
  },
];
