/**
 * The data sets of synthetic instances: CT Image (PS3.3 §A.3) and Digital X-Ray Image – For Presentation (PS3.3 §A.26),
 * with headers as they are after de-identification.
 */

import { TAG } from '../dicom/attributes.js';
import { dataSet, dataSetOfKeywords, element, type PlainValue } from '../dicom/build-data-set.js';
import type { DataSet } from '../dicom/data-set.js';
import { type PhantomPatient, uidOf } from './patient.js';
import { randomOf } from './random.js';
import type { Point } from './shapes.js';

const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';
const DIGITAL_X_RAY_FOR_PRESENTATION = '1.2.840.10008.5.1.4.1.1.1.1';

type Attributes = Readonly<Record<string, PlainValue | undefined>>;

/** Pixels of one frame, 2 bytes little endian each. */
interface Frame {
  readonly rows: number;
  readonly columns: number;
  readonly pixels: Buffer;
}

export interface CTSlice extends Frame {
  /** Tells series of one patient apart that differ in their resolution. */
  readonly seriesName: string;
  readonly instanceNumber: number;
  /** Middle of the first pixel, in millimetres. */
  readonly position: Point;
  readonly pixelSpacing: number;
  readonly sliceSpacing: number;
}

/** Added to Hounsfield units to give stored values. */
export const CT_OFFSET = 1024;

/** Describe one slice of a CT series. */
export function ctDataSet(patient: PhantomPatient, slice: CTSlice): DataSet {
  const { seriesName, position, pixelSpacing, sliceSpacing, instanceNumber } = slice;
  const when = { date: patient.ctDate, time: patient.ctTime };
  return withPixels(slice, TAG.PixelData, {
    ...patientAttributes(patient),
    ...studyAttributes(patient, 'CT', when),
    ...equipmentAttributes(patient, 'CT'),
    SOPClassUID: CT_IMAGE_STORAGE,
    SOPInstanceUID: uidOf(patient, seriesName, instanceNumber),
    SeriesInstanceUID: uidOf(patient, seriesName),
    FrameOfReferenceUID: uidOf(patient, 'CT Frame of Reference'),
    PositionReferenceIndicator: [],
    ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
    StudyDescription: 'Thorax CT',
    SeriesDescription: 'Thorax axial',
    ProtocolName: 'Thorax',
    SeriesNumber: 2,
    AcquisitionNumber: 1,
    InstanceNumber: instanceNumber,
    PatientPosition: 'HFS',
    ImagePositionPatient: position.map((place) => Number(place.toFixed(4))),
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    PixelSpacing: [pixelSpacing, pixelSpacing],
    SliceThickness: sliceSpacing,
    SpacingBetweenSlices: sliceSpacing,
    SliceLocation: Number(position[2].toFixed(4)),
    KVP: 120,
    XRayTubeCurrent: 180,
    ExposureTime: 500,
    ConvolutionKernel: 'STANDARD',
    ReconstructionDiameter: Number((pixelSpacing * slice.columns).toFixed(2)),
    GantryDetectorTilt: 0,
    PixelRepresentation: 1,
    BitsStored: 16,
    HighBit: 15,
    RescaleIntercept: -CT_OFFSET,
    RescaleSlope: 1,
    RescaleType: 'HU',
    WindowCenter: [-600, 40],
    WindowWidth: [1500, 400],
    WindowCenterWidthExplanation: ['LUNG', 'MEDIASTINUM'],
  });
}

export interface RadiographFrame extends Frame {
  readonly pixelSpacing: number;
}

/** Describe a posteroanterior chest radiograph of 12 bits, ready to be looked at. */
export function radiographDataSet(patient: PhantomPatient, frame: RadiographFrame): DataSet {
  const { pixelSpacing } = frame;
  const when = { date: patient.radiographDate, time: patient.radiographTime };
  return withPixels(frame, TAG.PixelData, {
    ...patientAttributes(patient),
    ...studyAttributes(patient, 'DX', when),
    ...equipmentAttributes(patient, 'DX'),
    ...radiographCodes(),
    SOPClassUID: DIGITAL_X_RAY_FOR_PRESENTATION,
    SOPInstanceUID: uidOf(patient, 'radiograph'),
    SeriesInstanceUID: uidOf(patient, 'radiograph series'),
    ImageType: ['DERIVED', 'PRIMARY', ''],
    DerivationDescription: 'Processed for presentation',
    PresentationIntentType: 'FOR PRESENTATION',
    StudyDescription: 'Chest PA',
    SeriesDescription: 'Chest PA',
    SeriesNumber: 1,
    AcquisitionNumber: 1,
    InstanceNumber: 1,
    ViewPosition: 'PA',
    PatientOrientation: ['L', 'F'],
    ImageLaterality: 'U',
    ImagerPixelSpacing: [pixelSpacing, pixelSpacing],
    PixelSpacing: [pixelSpacing, pixelSpacing],
    PixelSpacingCalibrationType: 'GEOMETRY',
    PixelSpacingCalibrationDescription: 'Parallel beam',
    DetectorType: 'SCINTILLATOR',
    KVP: 125,
    DistanceSourceToDetector: 1800,
    ExposureTime: 8,
    XRayTubeCurrent: 320,
    PixelIntensityRelationship: 'LOG',
    PixelIntensityRelationshipSign: -1,
    PixelRepresentation: 0,
    BitsStored: 12,
    HighBit: 11,
    RescaleIntercept: 0,
    RescaleSlope: 1,
    RescaleType: 'US',
    PresentationLUTShape: 'IDENTITY',
    LossyImageCompression: '00',
    WindowCenter: 2048,
    WindowWidth: 4096,
    WindowCenterWidthExplanation: 'NORMAL',
  });
}

function patientAttributes({ pseudonym, sex, ageYears }: PhantomPatient): Attributes {
  return {
    SpecificCharacterSet: 'ISO_IR 192',
    PatientName: pseudonym,
    PatientID: pseudonym,
    PatientBirthDate: [],
    PatientSex: sex,
    PatientAge: `${String(ageYears).padStart(3, '0')}Y`,
    PatientIdentityRemoved: 'YES',
    DeidentificationMethod: 'Synthetic: no patient was imaged',
    LongitudinalTemporalInformationModified: 'MODIFIED',
    BurnedInAnnotation: 'NO',
  };
}

interface When {
  readonly date: string;
  readonly time: string;
}

function studyAttributes(patient: PhantomPatient, modality: 'CT' | 'DX', { date, time }: When): Attributes {
  return {
    StudyInstanceUID: uidOf(patient, modality, 'study'),
    StudyID: modality,
    StudyDate: date,
    StudyTime: time,
    SeriesDate: date,
    SeriesTime: time,
    AcquisitionDate: date,
    AcquisitionTime: time,
    ContentDate: date,
    ContentTime: time,
    AccessionNumber: [],
    ReferringPhysicianName: [],
    Modality: modality,
    BodyPartExamined: 'CHEST',
  };
}

const MODELS = { CT: ['Thorax 64', 'Thorax 128', 'Spiral S'], DX: ['Upright 1', 'Upright 2', 'Mobile M'] } as const;

/** Each site has one scanner and one X-ray unit, always the same. */
function equipmentAttributes({ site }: PhantomPatient, modality: 'CT' | 'DX'): Attributes {
  const random = randomOf('equipment', site, modality);
  const models = MODELS[modality];
  return {
    Manufacturer: 'NCCID Phantom',
    ManufacturerModelName: models[random.integer(0, models.length - 1)],
    DeviceSerialNumber: String(random.integer(10_000, 99_999)),
    SoftwareVersions: '1',
  };
}

function radiographCodes(): Attributes {
  return {
    AnatomicRegionSequence: [code('51185008', 'SCT', 'Chest')],
    ViewCodeSequence: [withItem(code('399348003', 'SCT', 'postero-anterior'), 'ViewModifierCodeSequence')],
    PositionerType: 'NONE',
    AcquisitionContextSequence: [],
  };
}

const code = (value: string, scheme: string, meaning: string): DataSet =>
  dataSetOfKeywords({ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning });

/** The item with an empty sequence besides: a type 2 modifier there is nothing to say by. */
const withItem = ({ elements }: DataSet, keyword: string): DataSet =>
  dataSet([...elements, ...dataSetOfKeywords({ [keyword]: [] }).elements]);

function withPixels({ rows, columns, pixels }: Frame, tag: number, attributes: Attributes): DataSet {
  const { elements } = dataSetOfKeywords({
    ...attributes,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    BitsAllocated: 16,
  });
  return dataSet([...elements, element(tag, pixels, 'OW')]);
}
