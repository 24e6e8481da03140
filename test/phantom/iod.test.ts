import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ctSeries } from '../../src/phantom/ct-series.js';
import { phantomPatient } from '../../src/phantom/patient.js';
import { radiograph } from '../../src/phantom/radiograph.js';
import { dcmjs } from '../support/dcmjs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const hasValidator = spawnSync('dciodvfy', ['-version']).error === undefined;
if (!hasValidator)
  console.info('dciodvfy is not on this machine: attributes of type 1 and 2 are checked by name only.');

const patient = phantomPatient(8, { positive: true, site: 'Northern' });

function ctSlice(): Buffer {
  const [file] = [...ctSeries(patient, { slices: 1, size: 64 })];
  if (file === undefined) throw new Error('The series is empty.');
  return file;
}

const INSTANCES = [
  { name: 'CT Image', file: ctSlice() },
  { name: 'Digital X-Ray Image – For Presentation', file: radiograph(patient) },
] as const;

describe.runIf(hasValidator)('dciodvfy', () => {
  it.each(INSTANCES)('finds no error in a $name', ({ file }) => {
    const path = join(temporaryFolder(), 'image.dcm');
    writeFileSync(path, file);
    const { stdout, stderr } = spawnSync('dciodvfy', [path], { encoding: 'utf8' });
    const findings = `${stdout}\n${stderr}`.split('\n');
    expect(findings.filter((line) => line.startsWith('Error'))).toEqual([]);
    expect(findings.some((line) => /^(?:CTImage|DXImageForPresentation)$/.test(line))).toBe(true);
  });
});

/** The attributes of a file as dcmjs names them. */
function attributesOf(file: Buffer): Record<string, unknown> {
  const { buffer, byteOffset, length } = file;
  const { dict } = dcmjs.data.DicomMessage.readFile(buffer.slice(byteOffset, byteOffset + length));
  return dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
}

const COMMON = [
  'SOPClassUID',
  'SOPInstanceUID',
  'StudyInstanceUID',
  'SeriesInstanceUID',
  'Modality',
  'ImageType',
  'PatientName',
  'PatientID',
  'StudyDate',
  'StudyTime',
  'InstanceNumber',
  'SeriesNumber',
  'Rows',
  'Columns',
  'BitsAllocated',
  'BitsStored',
  'HighBit',
  'PixelRepresentation',
  'SamplesPerPixel',
  'PhotometricInterpretation',
  'RescaleIntercept',
  'RescaleSlope',
];
const CT = [
  'FrameOfReferenceUID',
  'PixelSpacing',
  'ImageOrientationPatient',
  'ImagePositionPatient',
  'SliceThickness',
  'KVP',
];
const DX = [
  'PresentationIntentType',
  'ImageLaterality',
  'PatientOrientation',
  'PixelIntensityRelationship',
  'ImagerPixelSpacing',
  'PixelIntensityRelationshipSign',
  'RescaleType',
  'PresentationLUTShape',
  'LossyImageCompression',
  'BurnedInAnnotation',
  'DetectorType',
  'AnatomicRegionSequence',
  'ViewCodeSequence',
  'WindowCenter',
  'WindowWidth',
];

describe.each(INSTANCES)('the header of a $name', ({ name, file }) => {
  const attributes = attributesOf(file);

  it.each([...COMMON, ...(name === 'CT Image' ? CT : DX)])('says %s', (keyword) => {
    expect([undefined, null, '']).not.toContain(attributes[keyword]);
  });

  it('is that of a de-identified image', () => {
    expect(attributes).toMatchObject({
      PatientID: 'Covid1008',
      PatientIdentityRemoved: 'YES',
      BurnedInAnnotation: 'NO',
      LongitudinalTemporalInformationModified: 'MODIFIED',
      BodyPartExamined: 'CHEST',
    });
    expect(attributes['DeidentificationMethod']).toBeTruthy();
    expect(String(attributes['PatientName'])).toContain('Covid1008');
    expect(attributes).not.toHaveProperty('InstitutionName');
  });
});
