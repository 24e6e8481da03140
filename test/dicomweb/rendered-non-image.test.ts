/** RR-02 AMB-10 URI-09: what is rendered of instances that are no images. PS3.18 Table 8.7.4-1 */
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { LocatedInstance } from '../../src/archive/index/locate.js';
import type { Scope } from '../../src/archive/scope.js';
import type { ScopedArchive } from '../../src/archive/scoped-archive.js';
import { dataSetOfKeywords } from '../../src/dicom/build-data-set.js';
import { nonImageRenderings } from '../../src/dicomweb/rendered-non-image.js';
import { REPORT_PAGE_POLICY } from '../../src/dicomweb/report/report-page.js';
import { MOST_SERIES } from '../../src/dicomweb/report/visible-references.js';
import type { SinglePart, Slice } from '../../src/dicomweb/single-part.js';
import { bytesOf, digest, type InstanceOptions, type MadeInstance, makeInstance } from '../http/instances.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { CLINICAL_DOCUMENT } from '../support/clinical-document.js';
import { code, item } from '../support/reports.js';
import { H264_MP4 } from '../support/tiny-videos.js';

const BASE = 'https://archive/dicom-web';
const CURATOR: Scope = { kind: 'everything' };

interface Stored {
  readonly fixture: ArchiveFixture;
  readonly archive: ScopedArchive;
  readonly locate: (made: MadeInstance, archive?: ScopedArchive) => Promise<LocatedInstance>;
}

async function stored(...made: readonly MadeInstance[]): Promise<Stored> {
  const fixture = await ArchiveFixture.open();
  const outcomes = await fixture.store(await fixture.addSite('Leeds'), ...made.map(({ file }) => file));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(made.map(() => 'stored'));
  const curated = fixture.opened.archive.as(CURATOR);
  return { fixture, archive: curated, locate: (one, archive = curated) => archive.instance(pathOf(one)) };
}

const pathOf = ({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }: MadeInstance) => ({
  studyInstanceUID,
  seriesInstanceUID,
  sopInstanceUID,
});

async function read(part: SinglePart | undefined, slice?: Slice): Promise<Buffer> {
  const pieces: Buffer[] = [];
  if (part !== undefined) for await (const piece of part.bytes(slice)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const typesOf = async ({ archive, locate }: Stored, made: MadeInstance): Promise<readonly string[]> =>
  (await nonImageRenderings({ archive, base: BASE }, await locate(made))).map(({ mediaType }) => mediaType);

async function render(
  { archive: curated, locate }: Stored,
  made: MadeInstance,
  { mediaType, archive = curated }: { mediaType?: string; archive?: ScopedArchive } = {},
): Promise<SinglePart | undefined> {
  const forms = await nonImageRenderings({ archive, base: BASE }, await locate(made, archive));
  return forms.find((form) => mediaType === undefined || form.mediaType === mediaType)?.render();
}

const image = (series: string, modality: string): MadeInstance => makeInstance({ study: 'one', series, modality });

const evidenceOf = (...made: readonly MadeInstance[]) =>
  made.map(({ studyInstanceUID, seriesInstanceUID, sopClassUID, sopInstanceUID }) =>
    dataSetOfKeywords({
      StudyInstanceUID: studyInstanceUID,
      ReferencedSeriesSequence: [
        dataSetOfKeywords({
          SeriesInstanceUID: seriesInstanceUID,
          ReferencedSOPSequence: [
            dataSetOfKeywords({ ReferencedSOPClassUID: sopClassUID, ReferencedSOPInstanceUID: sopInstanceUID }),
          ],
        }),
      ],
    }),
  );

const reportOn = (...made: readonly MadeInstance[]): MadeInstance =>
  makeInstance({
    study: 'one',
    series: 'report',
    modality: 'SR',
    attributes: {
      ValueType: 'CONTAINER',
      ConceptNameCodeSequence: code('Chest report'),
      ContentSequence: [
        item('TEXT', 'Finding', { TextValue: 'Größe <b> unverändert' }),
        ...made.map(({ sopClassUID, sopInstanceUID }) =>
          item('IMAGE', 'Source', {
            ReferencedSOPSequence: [
              dataSetOfKeywords({ ReferencedSOPClassUID: sopClassUID, ReferencedSOPInstanceUID: sopInstanceUID }),
            ],
          }),
        ),
      ],
      CurrentRequestedProcedureEvidenceSequence: evidenceOf(...made),
    },
  });

describe('a report', () => {
  const ct = image('ct', 'CT');
  const cr = image('cr', 'CR');
  const never = image('never stored', 'CT');
  const report = reportOn(ct, cr, never);

  it('RR-02 URI-09 is HTML unless somebody says, or plain text, or XML', async () => {
    const archive = await stored(ct, cr, report);
    expect(await typesOf(archive, report)).toEqual(['text/html', 'text/plain', 'text/xml']);
    const [html, text, xml] = await Promise.all(
      ['text/html', 'text/plain', 'text/xml'].map((mediaType) => render(archive, report, { mediaType })),
    );
    expect(html?.headers).toEqual({
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': REPORT_PAGE_POLICY,
    });
    expect((await read(html)).toString()).toContain('<bdi class="text">Größe &lt;b&gt; unverändert</bdi>');
    expect(text?.headers).toEqual({ 'Content-Type': 'text/plain; charset=utf-8' });
    expect((await read(text)).toString()).toContain('Finding: Größe <b> unverändert');
    expect((await read(xml)).toString()).toContain('<text>Größe &lt;b&gt; unverändert</text>');
    expect(html?.lengthBytes).toBeUndefined();
  });

  it('links to what is there, as its reader sees it, and never to more', async () => {
    const archive = await stored(ct, cr, report);
    const linksFor = async (scope: Scope): Promise<readonly string[]> => {
      const scoped = archive.fixture.opened.archive.as(scope);
      const page = (await read(await render(archive, report, { archive: scoped }))).toString();
      for (const made of [ct, cr, never]) expect(page).toContain(`<small><bdi>${made.sopInstanceUID}</bdi></small>`);
      return [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href ?? '');
    };
    const url = (made: MadeInstance): string => `${BASE}${made.path}/rendered`;
    expect(await linksFor(CURATOR)).toEqual([url(ct), url(cr)]);
    const licence = (kinds: readonly ('xray' | 'ct' | 'other')[]): Scope => ({
      kind: 'licence',
      predicate: { kinds, splits: ['training', 'validation'], siteIDs: undefined },
    });
    expect(await linksFor(licence(['xray', 'other']))).toEqual([url(cr)]);
    expect(await linksFor(licence(['other']))).toEqual([]);
  });

  it('has another digest for who sees more, and the same for the same', async () => {
    const archive = await stored(ct, cr, report);
    const digestFor = async (scope: Scope): Promise<string | undefined> =>
      (await render(archive, report, { archive: archive.fixture.opened.archive.as(scope) }))?.digest;
    const licence: Scope = {
      kind: 'licence',
      predicate: { kinds: ['xray', 'other'], splits: ['training', 'validation'], siteIDs: undefined },
    };
    expect(await digestFor(CURATOR)).toBe(await digestFor(CURATOR));
    expect(await digestFor(licence)).not.toBe(await digestFor(CURATOR));
  });

  it('looks up no more series than a reader follows', async () => {
    const many = Array.from({ length: MOST_SERIES + 2 }, (_, i) => image(`series ${i}`, 'CT'));
    const archive = await stored(...many, reportOn(...many));
    const page = (await read(await render(archive, reportOn(...many)))).toString();
    expect(page.match(/href="/g)?.length).toBe(MOST_SERIES);
  });

  it('is not told when its file is damaged', async () => {
    const archive = await stored(report);
    const [key = ''] = await archive.fixture.instanceKeys();
    const bytes = await archive.fixture.read(key);
    bytes[bytes.indexOf('Finding')] = 0x21;
    await writeFile(archive.fixture.path(key), bytes);
    await expect(render(archive, report)).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('an encapsulated document', () => {
  const document = (
    name: string,
    bytes: Buffer,
    mediaType?: string,
    over: Partial<InstanceOptions> = {},
  ): MadeInstance =>
    makeInstance({
      study: name,
      modality: 'DOC',
      ...over,
      attributes: {
        MIMETypeOfEncapsulatedDocument: mediaType,
        EncapsulatedDocument: bytes,
        EncapsulatedDocumentLength: bytes.length,
      },
    });
  const long = bytesOf('a long document', 5_001);
  const short = bytesOf('a short one', 301);

  it.each([
    ['long', long],
    ['short', short],
  ])('T61 is given as octets when a page would run it: a %s one', async (name, bytes) => {
    const made = document(name, bytes, 'text/javascript');
    const part = await render(await stored(made), made);
    expect([part?.mediaType, part?.headers]).toEqual([
      'application/octet-stream',
      { 'Content-Disposition': 'attachment' },
    ]);
  });

  it.each([
    ['long', long],
    ['short', short],
  ])('RB-05 AMB-10 is given as what it is, without the byte that pads it: a %s one', async (name, bytes) => {
    const made = document(name, bytes, 'application/pdf');
    const archive = await stored(made);
    expect(await typesOf(archive, made)).toEqual(['application/pdf']);
    const part = await render(archive, made);
    expect([part?.mediaType, part?.lengthBytes, part?.headers]).toEqual(['application/pdf', bytes.length, {}]);
    expect(digest(await read(part))).toBe(digest(bytes));
    expect(digest(await read(part, { first: 10, last: 99 }))).toBe(digest(bytes.subarray(10, 100)));
    expect((await read(part, { first: bytes.length - 1, last: bytes.length - 1 })).length).toBe(1);
  });

  it.each([
    ['text/html', 'text/html'],
    ['Model/STL', 'model/stl'],
    ['image/svg+xml', 'image/svg+xml'],
    [undefined, 'application/octet-stream'],
    ['text/html; charset=x', 'application/octet-stream'],
    ['no media type', 'application/octet-stream'],
  ])('is saved, not shown, when a browser would take it for a page of ours: %j', async (sent, expected) => {
    for (const bytes of [long, short]) {
      const made = document(`${sent} ${bytes.length}`, bytes, sent);
      const part = await render(await stored(made), made);
      expect([part?.mediaType, part?.headers]).toEqual([expected, { 'Content-Disposition': 'attachment' }]);
    }
  });

  it('RR-02 is read to people when it is a clinical document, and given to programs as it is', async () => {
    const CDA = '1.2.840.10008.5.1.4.1.1.104.2';
    const bytes = Buffer.from(CLINICAL_DOCUMENT);
    const made = makeInstance({
      study: 'cda',
      modality: 'DOC',
      attributes: {
        SOPClassUID: CDA,
        MIMETypeOfEncapsulatedDocument: 'text/XML',
        EncapsulatedDocument: bytes,
        EncapsulatedDocumentLength: bytes.length,
      },
      fileMeta: { sopClassUID: CDA },
    });
    const archive = await stored(made);
    expect(await typesOf(archive, made)).toEqual(['text/html', 'text/plain', 'text/xml']);
    const page = await render(archive, made);
    expect(page?.headers?.['Content-Security-Policy']).toBe(REPORT_PAGE_POLICY);
    expect((await read(page)).toString()).toContain('<h1><bdi>Chest CT report</bdi></h1>');
    expect((await read(await render(archive, made, { mediaType: 'text/plain' }))).toString()).toContain(
      '# Chest CT report',
    );
    const xml = await render(archive, made, { mediaType: 'text/xml' });
    expect(xml?.headers).toEqual({ 'Content-Disposition': 'attachment' });
    expect(digest(await read(xml))).toBe(digest(bytes));
  });

  it('is no page of ours by the media type that it is sent as, whatever it says of itself', async () => {
    const sopClassUID = '1.2.840.10008.5.1.4.1.1.104.2';
    const made = makeInstance({
      study: 'cda that says PDF',
      modality: 'DOC',
      attributes: {
        SOPClassUID: sopClassUID,
        MIMETypeOfEncapsulatedDocument: 'application/pdf',
        EncapsulatedDocument: Buffer.from(CLINICAL_DOCUMENT),
      },
      fileMeta: { sopClassUID },
    });
    const xml = await render(await stored(made), made, { mediaType: 'text/xml' });
    expect([xml?.mediaType, xml?.headers]).toEqual(['text/xml', { 'Content-Disposition': 'attachment' }]);
  });

  it('is not found where there is none', async () => {
    const made = makeInstance({ study: 'none', modality: 'DOC' });
    await expect(render(await stored(made), made)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('other kinds', () => {
  it('AMB-10 RR-14 gives a video as it is stored, with a length to cut ranges from', async () => {
    const made = makeInstance({
      study: 'video',
      transferSyntaxUID: '1.2.840.10008.1.2.4.102.1',
      hasOffsets: false,
      fragments: [[H264_MP4.subarray(0, 800), H264_MP4.subarray(800)]],
      attributes: { NumberOfFrames: '10' },
    });
    const archive = await stored(made);
    expect(await typesOf(archive, made)).toEqual(['video/mp4']);
    const part = await render(archive, made);
    expect([part?.mediaType, part?.transferSyntaxUID, part?.lengthBytes]).toEqual([
      'video/mp4',
      undefined,
      H264_MP4.length,
    ]);
    expect(digest(await read(part))).toBe(digest(H264_MP4));
    expect(digest(await read(part, { first: 790, last: 809 }))).toBe(digest(H264_MP4.subarray(790, 810)));
  });

  it.each([
    ['an image', makeInstance({ study: 'ct' })],
    [
      'a structure set',
      makeInstance({
        study: 'rtstruct',
        modality: 'SR',
        attributes: { SOPClassUID: '1.2.840.10008.5.1.4.1.1.481.3', Modality: 'RTSTRUCT' },
        fileMeta: { sopClassUID: '1.2.840.10008.5.1.4.1.1.481.3' },
      }),
    ],
  ])('RR-18 has nothing for %s', async (_name, made) => {
    expect(await typesOf(await stored(made), made)).toEqual([]);
  });
});
