/**
 * A clinical document as a page. Its links and pictures are left out, for a page of this server shows nothing of others; its text
 * is that of strangers, as in a structured report. PS3.18 Table 8.7.4-1
 */
import { type CDABlock, type CDAPart, readCDA } from '../../dicom/cda-document.js';
import { escapeHTML } from '../../http/escape-html.js';
import { CLINICAL_DOCUMENT, noteWords } from './cda-words.js';
import { PAGE_END, pageStart } from './report-page.js';
import { visible } from './report-words.js';

const LOWEST_HEADING = 6;

/** Those of HTML that are called otherwise. */
const ELEMENTS: Partial<Record<CDABlock, string>> = { paragraph: 'p', list: 'ul', 'ordered-list': 'ol', item: 'li' };

/** Write the page in pieces, none of them much longer than what one element of the document says. */
export function* cdaAsHTML(document: Buffer): Generator<string> {
  yield pageStart(CLINICAL_DOCUMENT);
  yield '<main>\n';
  for (const part of readCDA(document)) yield partAsHTML(part);
  yield `</main>\n${PAGE_END}`;
}

function partAsHTML(part: CDAPart): string {
  switch (part.kind) {
    case 'heading': {
      const heading = `h${Math.min(part.level, LOWEST_HEADING)}`;
      return `\n<${heading}><bdi>${text(part.text)}</bdi></${heading}>\n`;
    }
    case 'open':
      return `<${ELEMENTS[part.block] ?? part.block}>`;
    case 'close':
      return `</${ELEMENTS[part.block] ?? part.block}>`;
    case 'text':
      return text(part.text);
    case 'break':
      return '<br>';
    default:
      return `\n<p><bdi>${text(noteWords(part))}</bdi></p>\n`;
  }
}

const text = (of: string): string => escapeHTML(visible(of));
