/** J-24: what comes out as JSON or XML with bulkdata can be stored again, and is then the same Part 10 file but for its spelling. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differencesOfFiles } from '../support/same-data-set.js';
import { DICOM_JSON, DICOM_XML, getterOf, retrieveAsSent, storeSent } from '../support/sent-metadata.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { bytesOf, codeStream, dataSet, element, makeInstance, SYNTAX } from './instances.js';

const rich = makeInstance({
  study: 'rich',
  modality: 'MR',
  attributes: {
    PatientName: 'A^B^^^E=王^小東=ワン',
    OtherPatientNames: ['X^Y', '', 'Z'],
    ImageType: ['ORIGINAL', '', 'AXIAL', ''],
    PatientComments: 'a\tb\r\n<&>"\' ]]> 😀',
    AccessionNumber: '',
    WindowCenter: ['1.50', '-0450', '1e3'],
    PresentationLUTShape: 'IDENTITY',
    RedPaletteColorLookupTableData: bytesOf('lut', 4_096),
    ReferencedImageSequence: [dataSet([]), dataSet([element(0x00420011, bytesOf('nested', 3_000), 'OB')])],
    ReferencedStudySequence: [],
  },
  elements: [
    element(0x00090010, 'CREATOR & "Co"', 'LO'),
    element(0x00090011, 'OTHER', 'LO'),
    element(0x00090012, 'OTHER', 'LO'),
    element(0x00091001, [Number.NaN, Number.POSITIVE_INFINITY, -0, 1e300], 'FD'),
    element(0x00091003, [0.1, Number.NEGATIVE_INFINITY], 'FL'),
    element(0x00091004, [2n ** 63n - 1n, -(2n ** 63n)], 'SV'),
    element(0x00091005, [0x00081030, 0xfffee000], 'AT'),
    element(0x00091101, bytesOf('short private', 10), 'UN'),
    element(0x00091201, 'of the second block of one creator', 'LT'),
    element(0x00091301, 'of nobody', 'LT'),
    element(0x00091102, [dataSet([element(0x00090020, 'INNER', 'LO'), element(0x00092005, [1, 2], 'US')])], 'SQ'),
  ],
});
const all = {
  'an instance of every kind of attribute': rich,
  'one stored big endian': makeInstance({ study: 'big', transferSyntaxUID: SYNTAX.bigEndian }),
  'one stored in Implicit VR': makeInstance({ study: 'implicit', transferSyntaxUID: SYNTAX.implicit }),
  'a deflated one': makeInstance({ study: 'deflated', transferSyntaxUID: SYNTAX.deflated }),
  'one frame of JPEG': makeInstance({
    study: 'jpeg',
    transferSyntaxUID: SYNTAX.jpegBaseline,
    fragments: [[codeStream('one')]],
  }),
  'several frames of RLE': makeInstance({
    study: 'rle',
    attributes: { NumberOfFrames: '2' },
    transferSyntaxUID: SYNTAX.rle,
    fragments: [[bytesOf('rle 1', 64)], [bytesOf('rle 2', 66)]],
  }),
  'long text that is not Unicode': makeInstance({
    study: 'latin',
    attributes: { SpecificCharacterSet: 'ISO_IR 100' },
    elements: [
      element(0x00090010, 'CREATOR', 'LO'),
      element(0x00091001, Buffer.from('é'.repeat(70_000), 'latin1'), 'UT'),
      element(0x00091002, Buffer.from('e'.repeat(70_000), 'latin1'), 'UT'),
    ],
  }),
  'a report': makeInstance({ study: 'sr', modality: 'SR' }),
  'a document': makeInstance({
    study: 'pdf',
    modality: 'DOC',
    attributes: { MIMETypeOfEncapsulatedDocument: 'application/pdf', EncapsulatedDocument: bytesOf('pdf', 2_002) },
  }),
};

let first: CuratedArchive;
let second: CuratedArchive;
beforeAll(async () => {
  [first, second] = [await startCuratedArchive(), await startCuratedArchive()];
  await first.add(...Object.values(all));
});
afterAll(async () => {
  await first.close();
  await second.close();
});

describe.each([DICOM_JSON, DICOM_XML])('an instance retrieved as %s and stored again', (type) => {
  it.each(Object.entries(all))('J-24 X-02 SW-24 SW-25 SW-26 is the same: %s', async (_, made) => {
    const sent = await retrieveAsSent(getterOf(first, first.curatorToken), made.path, type);
    const answer = await storeSent(second, second.siteToken, sent);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining(made.sopInstanceUID)]);
    const stored = await second.get(made.path, { Accept: 'application/dicom; transfer-syntax=*' });
    expect(await differencesOfFiles(made.file, Buffer.from(await stored.arrayBuffer()))).toEqual([]);
  });
});
