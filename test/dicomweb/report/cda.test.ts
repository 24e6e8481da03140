/** RR-02: encapsulated clinical documents as HTML and plain text. PS3.18 Table 8.7.4-1 */
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { MOST_CDA_BYTES, readCDA } from '../../../src/dicom/cda-document.js';
import { cdaAsHTML } from '../../../src/dicomweb/report/cda-html.js';
import { cdaAsText } from '../../../src/dicomweb/report/cda-text.js';
import { CLINICAL_DOCUMENT } from '../../support/clinical-document.js';

const html = (document: string | Buffer): string => [...cdaAsHTML(Buffer.from(document))].join('');
const text = (document: string | Buffer): string => [...cdaAsText(Buffer.from(document))].join('');
const isUnreadable = (document: string | Buffer): boolean =>
  [...readCDA(Buffer.from(document))].some(({ kind }) => kind === 'unreadable');
const withText = (narrative: string): string =>
  `<ClinicalDocument><component><structuredBody><component><section><text>${narrative}</text></section></component></structuredBody></component></ClinicalDocument>`;

/** @throws Error when something is not closed in its order */
function expectClosed(page: string): void {
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(page.replace('<!doctype html>', '').replace(/<meta [^>]*>|<br>/g, '')).close();
}

describe('a clinical document', () => {
  it('is text for people', () => {
    expect(text(CLINICAL_DOCUMENT)).toBe(`
# Chest CT report
Date: 2020-04-01 11:42:43 +01:00
Patient: Nym Pseudo
Author: Dr. Ada Byron

## Findings
Opacities < 3 cm in both lungs,
more left.
- Heart: normal
- Pleura
  - left: effusion
Lobe | Score
Lower | 4 cm2
a link

### Impression
Unchanged.
`);
  });

  it('is a page with its headings, lists and tables, and nothing of elsewhere', () => {
    const page = html(CLINICAL_DOCUMENT);
    expectClosed(page);
    expect(page.match(/<h\d>.*<\/h\d>/g)).toEqual([
      '<h1><bdi>Chest CT report</bdi></h1>',
      '<h2><bdi>Findings</bdi></h2>',
      '<h3><bdi>Impression</bdi></h3>',
    ]);
    expect(page).toContain('<p>Opacities &lt; 3 cm in both lungs,<br>more left.</p>');
    expect(page).toContain('<ol><li>Heart: normal</li><li>Pleura <ul><li>left: effusion</li></ul></li></ol>');
    expect(page).toContain('<tr><td>Lower</td><td>4 cm<sup>2</sup></td></tr>');
    expect(page).not.toMatch(/href|javascript|elsewhere|M1|not for people|styleCode/);
  });

  it('is known by its local names, whatever the prefix', () => {
    const prefixed = CLINICAL_DOCUMENT.replace(/<(\/?)(?=[A-Za-z])/g, '<$1hl7:').replace('xmlns=', 'xmlns:hl7=');
    expect(text(prefixed)).toBe(text(CLINICAL_DOCUMENT));
  });

  it('says that its body is a file of another type', () => {
    const file =
      '<ClinicalDocument><component><nonXMLBody><text mediaType="application/pdf">AAAA</text></nonXMLBody></component></ClinicalDocument>';
    expect(text(file)).toMatch(/^The body of this document is a file of another type\./);
    expect(html(file)).not.toContain('AAAA');
  });
});

describe('what strangers write', () => {
  it('is text', () => {
    const page = html(
      withText('<script>alert(1)</script><img src="x" onerror="y"/>&lt;script&gt;\u202e<![CDATA[<b>]]>'),
    );
    expect(page.match(/<script|<img|<b>|\u202e|onerror/)).toBeNull();
    expect(page).toContain('alert(1)');
    expect(page).toContain('&lt;script&gt;\ufffd&lt;b&gt;');
  });

  it.each([
    ['a document type', `<!DOCTYPE x [<!ENTITY a "aaaa">]>${withText('&a;')}`],
    ['an entity', withText('&nbsp;')],
    ['another root', '<html><title>no</title></html>'],
    ['what is no XML', 'a, b'],
    ['nothing', ''],
    ['what is not UTF-8', Buffer.from(withText('Gr\xf6\xdfe'), 'latin1')],
    ['an end too early', withText('<paragraph>whole</paragraph>').slice(0, -20)],
    ['a thousand levels', withText('<list><item>'.repeat(500) + '</item></list>'.repeat(500))],
    ['too many attributes', withText(`<content ${Array.from({ length: 100 }, (_, i) => `a${i}="1"`).join(' ')}/>`)],
    ['too many bytes', withText(' '.repeat(MOST_CDA_BYTES))],
  ])('is told to be unreadable: %s', (_name, document) => {
    expect(isUnreadable(document)).toBe(true);
    expect(text(document)).toContain('can not be read');
    expectClosed(html(document));
  });

  it('is written in pieces however long it is', () => {
    const long = withText('word '.repeat(200_000));
    expect(Math.max(...[...cdaAsHTML(Buffer.from(long))].map((piece) => piece.length))).toBeLessThan(20_000);
    const lines = text(long);
    expect(lines.match(/word/g)?.length).toBe(200_000);
    expect(Math.max(...lines.split('\n').map((line) => line.length))).toBeLessThanOrEqual(78);
  });

  it('leaves a page well-formed, whatever it is cut to', () => {
    fc.assert(
      fc.property(fc.nat({ max: CLINICAL_DOCUMENT.length }), fc.string({ maxLength: 4 }), (at, put) => {
        const spoilt = CLINICAL_DOCUMENT.slice(0, at) + put + CLINICAL_DOCUMENT.slice(at + 1);
        expectClosed(html(spoilt));
        text(spoilt);
      }),
    );
  });
});
