/** RR-02 URI-09: structured reports as HTML, plain text and XML. PS3.18 Table 8.7.4-1 */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { dataSetOfKeywords } from '../../../src/dicom/build-data-set.js';
import type { DataSet } from '../../../src/dicom/data-set.js';
import { readStructuredReport } from '../../../src/dicom/structured-report.js';
import { reportAsHTML } from '../../../src/dicomweb/report/report-html.js';
import { locateReferences, type ReportOptions } from '../../../src/dicomweb/report/report-links.js';
import { REPORT_PAGE_POLICY } from '../../../src/dicomweb/report/report-page.js';
import { reportAsText } from '../../../src/dicomweb/report/report-text.js';
import { reportAsXML } from '../../../src/dicomweb/report/report-xml.js';
import { code, item, report } from '../../support/reports.js';

const WRITERS = { html: reportAsHTML, text: reportAsText, xml: reportAsXML };
type Form = keyof typeof WRITERS;
const FORMS: readonly Form[] = ['html', 'text', 'xml'];
const noLinks: ReportOptions = { linkOf: () => undefined };

const write = (form: Form, dataSet: DataSet, options = noLinks): string =>
  [...WRITERS[form](readStructuredReport(dataSet), options)].join('');

/** The elements of a page or a document, which must be closed in their order. */
function elementsOf(markup: string): readonly string[] {
  const names: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name }) => names.push(name));
  // As XML there is no end to what HTML does not close.
  const closed = markup.replace('<!doctype html>', '').replace(/<meta [^>]*>/g, '');
  parser.write(closed).close();
  return names;
}

const CT = '1.2.840.10008.5.1.4.1.1.2';
const image = (uid: string, attributes = {}): DataSet =>
  item('IMAGE', 'Source', {
    ReferencedSOPSequence: [
      dataSetOfKeywords({ ReferencedSOPClassUID: CT, ReferencedSOPInstanceUID: uid, ...attributes }),
    ],
  });

const findings = report(
  'Chest report',
  [
    item('TEXT', 'History', { TextValue: 'First line\r\nsecond < line & "more"' }),
    item('CONTAINER', 'Findings', {}, [
      item('CODE', 'Finding', { ConceptCodeSequence: code('Consolidation', 'R-1', 'SRT') }, [
        item('CODE', 'Site', {
          RelationshipType: 'HAS CONCEPT MOD',
          ConceptCodeSequence: code('Left lung', 'T-2', 'SRT'),
        }),
      ]),
      item('NUM', 'Diameter', {
        MeasuredValueSequence: [
          dataSetOfKeywords({ NumericValue: '12.50', MeasurementUnitsCodeSequence: code('millimeter', 'mm', 'UCUM') }),
        ],
      }),
      item('PNAME', 'Reader', { PersonName: 'Byron^Ada^M^Dr.^FRCR=歌子' }),
      item('CONTAINER', 'Deeper', {}, [item('DATETIME', 'When', { DateTime: '20200401114243.500+0100' })]),
      image('1.2.9', { ReferencedFrameNumber: ['1', '2'] }),
      dataSetOfKeywords({ RelationshipType: 'INFERRED FROM', ReferencedContentItemIdentifier: [1, 2, 2] }),
      item('SCOORD', 'Region', { GraphicType: 'POINT', GraphicData: [1.1, 2] }),
    ]),
    item('TEXT', 'Conclusion', { TextValue: 'Done.', ObservationDateTime: '20200402' }),
  ],
  { PatientName: 'PSEUDO^NYM', PatientID: 'P1', CompletionFlag: 'COMPLETE', VerificationFlag: 'VERIFIED' },
);

describe('reportAsText', () => {
  it('reads as a report does', () => {
    expect(write('text', findings)).toBe(`Chest report
============
Comprehensive SR

Patient:              NYM PSEUDO, ID P1
Completion:           COMPLETE
Verification:         VERIFIED

History:
    First line
    second < line & "more"

# Findings
  Finding: Consolidation (R-1, SRT)
    Site [modifier]: Left lung (T-2, SRT)
  Diameter: 12.50 mm (millimeter)
  Reader: Dr. Ada M Byron, FRCR (歌子)

  # Deeper
    When: 2020-04-01 11:42:43.5 +01:00
  Source: CT Image, frames 1, 2 <1.2.9>
  Diameter [inferred from]: item 1.2.2
  Region: point (1.1, 2)
Conclusion: Done. [observed 2020-04-02]
`);
  });

  it('says in which space a region lies', () => {
    const region = item('SCOORD3D', 'Region', {
      GraphicType: 'POINT',
      GraphicData: [1, 2, 3.25],
      ReferencedFrameOfReferenceUID: '1.7',
    });
    expect(write('text', report('x', [region]))).toContain('Region: point (1, 2, 3.25) in frame of reference 1.7\n');
  });

  it('wraps between words, and cuts none that is of ASCII', () => {
    const words = report('x', [
      item('TEXT', 'Long', { TextValue: `${'word '.repeat(60)}${'1.2.840.'.repeat(20)} ${'長'.repeat(200)}` }),
    ]);
    const lines = write('text', words).split('\n');
    expect(lines.filter((line) => [...line].length > 78)).toEqual([`    ${'1.2.840.'.repeat(20)}`]);
    expect(lines.join('').match(/長/g)?.length).toBe(200);
  });
});

describe('reportAsHTML', () => {
  it('has headings by nesting, and lists of what is said', () => {
    const page = write('html', findings);
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">\n/);
    expect(page.match(/<h\d>.*<\/h\d>/g)).toEqual([
      '<h1><bdi>Chest report</bdi></h1>',
      '<h2><bdi>Findings</bdi></h2>',
      '<h3><bdi>Deeper</bdi></h3>',
    ]);
    expect(page).toContain('<title>Chest report</title>');
    expect(page).toContain('second &lt; line &amp; &quot;more&quot;</bdi>');
    expect(page).toContain('<dt id="item-1.2.2"><bdi>Diameter</bdi></dt>\n<dd><bdi>12.50 mm (millimeter)</bdi>');
    expect(page).toContain('<a href="#item-1.2.2">item 1.2.2</a>');
    const [header, list] = [page.indexOf('<dl>'), page.indexOf('<dl>', page.indexOf('<main'))];
    expect(header).toBeLessThan(list);
    expect(elementsOf(page)).not.toContain('script');
  });

  it('says in which language the content is', () => {
    const swiss = report('x', [
      item('CODE', '', {
        ConceptNameCodeSequence: code('Language of Content Item and Descendants', '121049', 'DCM'),
        ConceptCodeSequence: code('German', 'de-CH', 'RFC5646'),
      }),
    ]);
    expect(write('html', swiss)).toContain('<main lang="de-CH">');
    expect(write('html', findings)).toContain('<main>');
  });

  it('allows its style and nothing else', () => {
    expect(REPORT_PAGE_POLICY).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; sandbox allow-same-origin$/,
    );
    expect(write('html', findings)).not.toMatch(/ style=| on\w+=|src=|@import|url\(/);
  });
});

describe('reportAsXML', () => {
  it('nests the items, and says everything as DICOM writes it', () => {
    const xml = write('xml', findings);
    expect(xml).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<report sopInstanceUID="1\.2\.3" kind="Comprehensive SR">/,
    );
    expect(xml).toContain(
      '<title value="1" scheme="99TEST">Chest report</title>\n<patientName>PSEUDO^NYM</patientName>',
    );
    expect(xml).toContain(
      '<item position="1.2.1" relationship="CONTAINS" valueType="CODE"><concept value="1" scheme="99TEST">Finding</concept>' +
        '<code value="R-1" scheme="SRT">Consolidation</code>\n<item position="1.2.1.1" relationship="HAS CONCEPT MOD"',
    );
    expect(xml).toContain('<name>Byron^Ada^M^Dr.^FRCR=歌子</name>');
    expect(xml).toContain(`<instance sopClassUID="${CT}" sopInstanceUID="1.2.9"><frames>1 2</frames></instance>`);
    expect(xml).toContain('<reference position="1.2.2"/>');
    expect(xml).toContain('<text>First line&#13;&#10;second &lt; line &amp; &quot;more&quot;</text>');
    expect(elementsOf(xml).filter((name) => name === 'item').length).toBe(13);
  });
});

describe('links', () => {
  const evidence = [
    dataSetOfKeywords({
      StudyInstanceUID: '1.1',
      ReferencedSeriesSequence: [
        dataSetOfKeywords({
          SeriesInstanceUID: '1.1.1',
          ReferencedSOPSequence: ['1.2.9', '1.2.8'].map((uid) =>
            dataSetOfKeywords({ ReferencedSOPClassUID: CT, ReferencedSOPInstanceUID: uid }),
          ),
        }),
      ],
    }),
  ];
  const seen = report('x', [image('1.2.9'), image('1.2.8'), image('1.2.7')], {
    CurrentRequestedProcedureEvidenceSequence: evidence,
  });

  it('are those that the caller makes, and to nothing else', async () => {
    const places = await locateReferences(readStructuredReport(seen));
    expect([...places.keys()]).toEqual(['1.2.9', '1.2.8']);
    // The reader sees but one of them.
    const linkOf: ReportOptions['linkOf'] = ({ sopInstanceUID }) => {
      const place = places.get(sopInstanceUID);
      return place && sopInstanceUID === '1.2.9'
        ? `https://a/studies/${place.studyInstanceUID}/series/${place.seriesInstanceUID}?a="&b`
        : undefined;
    };
    const page = write('html', seen, { linkOf });
    expect(page.match(/href="[^#"]*"/g)).toEqual(['href="https://a/studies/1.1/series/1.1.1?a=&quot;&amp;b"']);
    expect(page).toContain('<dd>CT Image <small><bdi>1.2.8</bdi></small>');
    expect(write('xml', seen, { linkOf }).match(/ href="[^"]*"/g)?.length).toBe(1);
    expect(write('text', seen, { linkOf })).toContain('<https://a/studies/1.1/series/1.1.1?a="&b>');
    expect(write('text', seen, { linkOf })).toContain('CT Image <1.2.8>');
  });

  it('stand in a Key Object Selection as in any report', () => {
    const selection = report(
      'Of Interest',
      [item('TEXT', 'Key Object Description', { TextValue: 'Look' }), image('1.2.9')],
      {
        SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.59',
        CurrentRequestedProcedureEvidenceSequence: evidence,
      },
    );
    const page = write('html', selection, { linkOf: () => 'https://a/rendered' });
    expect(page).toContain('<p>Key Object Selection Document</p>');
    expect(page).toContain('<a href="https://a/rendered">CT Image</a>');
  });
});

describe('what strangers write', () => {
  const HOSTILE =
    '</bdi></dd><script>alert(1)</script><img src=x onerror=y>&lt;"\'\u202egnp.exe\u2066\u0000\u0007\u009b31m\ufffe\ud800 ';

  const everywhere = (text: string): DataSet =>
    report(
      text,
      [
        item('TEXT', text, { TextValue: text }),
        item('CODE', text, { ConceptCodeSequence: code(text, text, text), RelationshipType: text }),
        item('PNAME', text, { PersonName: text }),
        item('DATE', text, { Date: text }),
        item('UIDREF', text, { UID: text }),
        item(text, text),
        item('SCOORD', text, { GraphicType: text, GraphicData: [1, 2] }),
        item('NUM', text, {
          MeasuredValueSequence: [
            dataSetOfKeywords({ NumericValue: text, MeasurementUnitsCodeSequence: code(text, text) }),
          ],
        }),
        image(text),
        item('CONTAINER', text, { ObservationDateTime: text }, [item('TCOORD', text, { TemporalRangeType: text })]),
      ],
      {
        ...{ SOPInstanceUID: text, PatientName: text, PatientID: text, CompletionFlag: text, StudyDescription: text },
        VerifyingObserverSequence: [dataSetOfKeywords({ VerifyingObserverName: text, VerifyingOrganization: text })],
        ReferencedRequestSequence: [dataSetOfKeywords({ AccessionNumber: text })],
      },
    );

  it('is text wherever it stands in a page', () => {
    const page = write('html', everywhere(HOSTILE));
    const names = new Set(elementsOf(page));
    expect(names).toEqual(
      new Set([
        ...['html', 'head', 'title', 'style', 'body', 'header', 'h1', 'p', 'dl', 'dt', 'dd', 'main', 'section', 'h2'],
        ...['bdi', 'small'],
      ]),
    );
    expect(page.match(/<script|<img/)).toBeNull();
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it.each(['html', 'text'] as const)('can neither turn the direction of %s nor command a terminal', (form) => {
    expect(write(form, everywhere(HOSTILE))).not.toMatch(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
    );
  });

  it('leaves XML well-formed', () => {
    const xml = write('xml', everywhere(HOSTILE));
    expect(elementsOf(xml)).not.toContain('script');
    const { status } = spawnSync('xmllint', ['--noout', '-'], { input: xml });
    expect([0, null]).toContain(status);
  });

  it.each(FORMS.filter((form) => form !== 'text'))('leaves %s well-formed whatever it is', (form) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        // What the values hold is read back as UTF-8, in which half a character is none.
        elementsOf(
          write(form, everywhere(text.replaceAll('\\', ''))).replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, ''),
        );
      }),
      { numRuns: 50 },
    );
  });

  it.each(FORMS)('of any depth and number is written and said to be cut: %s', (form) => {
    let deep = item('TEXT', 'bottom');
    for (let level = 0; level < 1_000; level += 1) deep = item(level % 2 === 0 ? 'CONTAINER' : 'TEXT', 'x', {}, [deep]);
    const text = write(form, report('x', [deep, item('TEXT', 'after')]));
    expect(text).toMatch(/nested too deeply|too deep/);
    expect(text).toContain('after');
    if (form !== 'text') elementsOf(text);
  });

  it('takes a root that is no container', () => {
    const odd = dataSetOfKeywords({ ValueType: 'TEXT', TextValue: 'alone', ContentSequence: [item('TEXT', 'below')] });
    for (const form of FORMS) expect(write(form, odd)).toContain('alone');
    elementsOf(write('html', odd));
  });
});
