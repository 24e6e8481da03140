/** PS3.18 §10.5.1.4, §10.5.2: storing metadata as JSON or XML with bulkdata in parts of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Check, check, DICOM_TYPE, instanceURL, JSON_TYPE, type Trial, XML_TYPE } from '../check.js';
import { type DataSet, textOf } from '../dicom/data-set.js';
import { writeDICOMJSON } from '../dicom/dicom-json.js';
import { writeNativeModel } from '../dicom/native-model.js';
import { differences, readPart10 } from '../dicom/part10-reader.js';
import { SYNTAX } from '../dicom/syntaxes.js';
import { CODE_STREAMS } from '../fixtures/code-streams.data.js';
import { PDF_BYTES } from '../fixtures/documents.js';
import { type Fixture, SOP_CLASS } from '../fixtures/fixture.js';
import type { Answer } from '../wire/client.js';
import { type PartToSend, writeMultipart } from '../wire/multipart.js';
import { failedIn, freshImage, moduleIn, reasonsIn, referencedIn, send, sendFiles } from './storing.js';
import { onlyPart } from './transfer-syntaxes.js';

const PIXELS = '7FE00010';
const NOTHING = Buffer.alloc(0);

const jsonPart = (sets: readonly DataSet[], bulk: readonly Readonly<Record<string, string>>[]): PartToSend => ({
  type: `application/dicom+json; transfer-syntax=${SYNTAX.explicitLittle}`,
  body: JSON.stringify(sets.map((set, i) => writeDICOMJSON(set, bulk[i]))),
});

const bulkPart = (location: string, body: Buffer, type = 'application/octet-stream'): PartToSend => ({
  type,
  body,
  headers: { 'Content-Location': location },
});

const sendJSON = (t: Trial, parts: readonly PartToSend[]): Promise<Answer> =>
  send(t, writeMultipart(parts, 'b'), 'multipart/related; type="application/dicom+json"; boundary=b');

const isStored = (t: Trial, answer: Answer, ...images: readonly Fixture[]): void => {
  t.status(answer, 200, 202);
  t.equal([...referencedIn(answer)].sort(), images.map(({ instance }) => instance).sort(), 'instances stored');
};

/** What comes back is what was sent, element by element. */
async function comesBack(t: Trial, image: Fixture, accept = DICOM_TYPE): Promise<void> {
  const { elements } = readPart10(onlyPart(t, await t.parts(instanceURL(image), accept)).body);
  const other = differences(readPart10(image.file).elements, elements).filter((text) => !text.startsWith('04000561'));
  t.none(other, 'the elements that were sent');
}

export const STORE_METADATA_CHECKS: readonly Check[] = [
  check('SW-02', 'M', 'T10.5.4-1', 'instances as Part 10, as JSON and as XML with bulkdata', async (t) => {
    t.stores();
    const [file, json, xml] = [freshImage(t), freshImage(t), freshImage(t)];
    isStored(t, await sendFiles(t, [file.file]), file);
    isStored(
      t,
      await sendJSON(t, [
        jsonPart([json.elements], [{ [PIXELS]: 'bulk/1' }]),
        bulkPart('bulk/1', json.frames[0] ?? NOTHING),
      ]),
      json,
    );
    isStored(t, await sendXML(t, [xml]), xml);
  }),
  check('SW-24', 'M', '10.5.1.4', 'JSON: one array, with its bulkdata in the parts after it', async (t) => {
    t.stores();
    const images = [freshImage(t), freshImage(t)];
    const bulk = images.map((_, i) => ({ [PIXELS]: `http://example.invalid/bulk/${i}` }));
    const parts = [
      jsonPart(
        images.map(({ elements }) => elements),
        bulk,
      ),
      ...images.map((image, i) => bulkPart(bulk[i]?.[PIXELS] ?? '', image.frames[0] ?? NOTHING)),
    ];
    isStored(t, await sendJSON(t, parts), ...images);
    for (const image of images) await comesBack(t, image);
  }),
  check('SW-25', 'M', '10.5.1.4', 'XML: one document for each instance', async (t) => {
    t.stores();
    const images = [freshImage(t), freshImage(t)];
    isStored(t, await sendXML(t, images), ...images);
    for (const image of images) await comesBack(t, image);
  }),
  check('SW-26', 'M', '10.5.2, T10.5.2-1', 'compressed bulkdata is kept unchanged, and describes itself', async (t) => {
    t.stores();
    const described = [
      'SamplesPerPixel',
      'PhotometricInterpretation',
      'Rows',
      'Columns',
      'BitsAllocated',
      'BitsStored',
      'HighBit',
      'PixelRepresentation',
    ];
    const without = Object.fromEntries([...described, 'PixelData'].map((keyword) => [keyword, undefined]));
    const image = freshImage(t, without, { sopClassUID: SOP_CLASS.secondaryCapture, modality: 'OT' });
    const pixels: DataSet = [{ tag: PIXELS, vr: 'OB', value: NOTHING }];
    const answer = await sendJSON(t, [
      jsonPart([[...image.elements, ...pixels]], [{ [PIXELS]: 'bulk/jpeg' }]),
      bulkPart('bulk/jpeg', CODE_STREAMS.jpegBaseline, `image/jpeg; transfer-syntax=${SYNTAX.jpegBaseline}`),
    ]);
    isStored(t, answer, image);
    const file = readPart10(onlyPart(t, await t.parts(instanceURL(image), `${DICOM_TYPE}; transfer-syntax=*`)).body);
    t.equal(file.transferSyntaxUID, SYNTAX.jpegBaseline, '(0002,0010)');
    const stream = Buffer.concat([...(file.elements.find(({ tag }) => tag === PIXELS)?.fragments ?? [])]);
    t.sameBytes(stream.subarray(0, CODE_STREAMS.jpegBaseline.length), CODE_STREAMS.jpegBaseline, 'the code stream');
    const number = (tag: string) => file.elements.find((one) => one.tag === tag)?.bytes.readUInt16LE(0);
    t.equal([number('00280010'), number('00280011')], [16, 16], 'Rows and Columns from the code stream');
  }),
  check('SW-27', 'M', '10.5.1.4', 'an encapsulated document comes in a part of its own media type', async (t) => {
    t.stores();
    const without = Object.fromEntries(
      [
        'SamplesPerPixel',
        'PhotometricInterpretation',
        'Rows',
        'Columns',
        'BitsAllocated',
        'BitsStored',
        'HighBit',
        'PixelRepresentation',
        'PixelData',
      ].map((keyword) => [keyword, undefined]),
    );
    const attributes = {
      ...without,
      MIMETypeOfEncapsulatedDocument: 'application/pdf',
      EncapsulatedDocument: PDF_BYTES,
    };
    const image = freshImage(t, attributes, { sopClassUID: SOP_CLASS.pdf, modality: 'DOC' });
    const answer = await sendJSON(t, [
      jsonPart([image.elements], [{ '00420011': 'bulk/pdf' }]),
      bulkPart('bulk/pdf', PDF_BYTES, 'application/pdf'),
    ]);
    isStored(t, answer, image);
    const file = readPart10(onlyPart(t, await t.parts(instanceURL(image), DICOM_TYPE)).body);
    const bytes = file.elements.find(({ tag }) => tag === '00420011')?.bytes ?? NOTHING;
    t.sameBytes(bytes.subarray(0, PDF_BYTES.length), PDF_BYTES, 'the document');
  }),
  check('SW-28', 'M', '8.6.1.2', 'a BulkDataURI without its part is a failure, and is never fetched', async (t) => {
    t.stores();
    const asked: string[] = [];
    const listener = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('x'.repeat(32));
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = listener.address() as AddressInfo;
      for (const uri of [`http://127.0.0.1:${port}/secret`, 'file:///etc/passwd', 'bulk/none']) {
        const image = freshImage(t);
        const answer = await sendJSON(t, [jsonPart([image.elements], [{ [PIXELS]: uri }])]);
        if (answer.status === 415) t.skip('storing JSON is not offered (415)');
        t.status(answer, 409, 400);
        if (answer.status === 409) {
          const isTold = failedIn(answer).length + reasonsIn(answer).length > 0;
          t.expect(isTold, 'a failure with a reason', JSON.stringify(moduleIn(answer)));
        }
        t.status(await t.get(`${instanceURL(image)}/metadata`, JSON_TYPE), 404);
      }
      t.equal(asked, [], 'requests that the server made');
    } finally {
      listener.close();
    }
  }),
];

/** POST these images as XML documents, and their Pixel Data after them. */
function sendXML(t: Trial, images: readonly Fixture[]): Promise<Answer> {
  const uri = (image: Fixture): string => `bulk/${textOf(image.elements, 'SOPInstanceUID')}`;
  const parts: readonly PartToSend[] = [
    ...images.map((image) => ({
      type: `application/dicom+xml; transfer-syntax=${SYNTAX.explicitLittle}`,
      body: writeNativeModel(image.elements, { [PIXELS]: uri(image) }),
    })),
    ...images.map((image) => bulkPart(uri(image), image.frames[0] ?? NOTHING)),
  ];
  return send(t, writeMultipart(parts, 'b'), `${XML_TYPE}; boundary=b`);
}
