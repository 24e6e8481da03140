/** Reports and documents in the viewer. */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataSetOfKeywords, makeInstance } from '../http/instances.js';
import { pathOfStudies, ViewedArchive } from './viewed-archive.js';
import { PATIENCE_MS } from './viewing.js';

const code = (value: string, scheme: string, meaning: string) => [
  dataSetOfKeywords({ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning }),
];

const FINDING = 'Ground glass opacities in both lower lobes.';
const report = makeInstance({
  study: 'report',
  modality: 'SR',
  attributes: {
    SeriesNumber: 1,
    SeriesDescription: 'Report',
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: code('18748-4', 'LN', 'Diagnostic imaging report'),
    ContinuityOfContent: 'SEPARATE',
    CompletionFlag: 'COMPLETE',
    VerificationFlag: 'UNVERIFIED',
    ContentSequence: [
      dataSetOfKeywords({
        RelationshipType: 'CONTAINS',
        ValueType: 'TEXT',
        ConceptNameCodeSequence: code('121071', 'DCM', 'Finding'),
        TextValue: FINDING,
      }),
    ],
  },
});

/** A page that is red all over. */
const RED_PAGE = Buffer.from(
  [
    '%PDF-1.4',
    '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj',
    '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj',
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R>>endobj',
    '4 0 obj<</Length 28>>stream\n1 0 0 rg 0 0 300 300 re f    \nendstream endobj',
    'trailer<</Size 5/Root 1 0 R>>',
    '%%EOF\n',
  ].join('\n'),
);
const document = makeInstance({
  study: 'document',
  modality: 'DOC',
  attributes: {
    SeriesNumber: 1,
    SeriesDescription: 'Letter',
    ConversionType: 'SD',
    BurnedInAnnotation: 'NO',
    DocumentTitle: 'Letter',
    MIMETypeOfEncapsulatedDocument: 'application/pdf',
    EncapsulatedDocumentLength: RED_PAGE.length,
    EncapsulatedDocument: RED_PAGE,
  },
});

let viewed: ViewedArchive;
beforeAll(async () => {
  viewed = await ViewedArchive.open([report.file, document.file]);
});
afterAll(() => viewed?.close());

describe('the viewer', () => {
  it('shows a structured report as text', async () => {
    const visit = await viewed.visitAs(viewed.archive.curatorToken, pathOfStudies(report.studyInstanceUID));
    await visit.page.getByText(FINDING).waitFor({ timeout: PATIENCE_MS });
    await visit.end();
  });

  it('shows a PDF', async () => {
    const visit = await viewed.visitAs(viewed.archive.curatorToken, pathOfStudies(document.studyInstanceUID));
    const shareOfRed = async (): Promise<number> => {
      const { data, info } = await sharp(await visit.page.screenshot())
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      let red = 0;
      for (let at = 0; at < data.length; at += 3)
        if (data[at] === 255 && data[at + 1] === 0 && data[at + 2] === 0) red += 1;
      return red / (info.width * info.height);
    };
    await expect.poll(shareOfRed, { timeout: PATIENCE_MS, interval: 500 }).toBeGreaterThan(0.1);
    await visit.end();
  });
});
