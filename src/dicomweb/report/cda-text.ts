/** A clinical document as plain text: a paragraph, an item or a row of a table begins a line. PS3.18 Table 8.7.4-1 */
import { type CDABlock, type CDAPart, readCDA } from '../../dicom/cda-document.js';
import { noteWords } from './cda-words.js';
import { shown, visible } from './report-words.js';
import { wrapped } from './wrapped-text.js';

const COLUMNS = 78;
const STEP = 2;
/** A paragraph that is longer is broken. */
const MOST_LINE_CHARACTERS = 64 * 1024;
/** Deeper lists stand no further to the right. */
const MOST_INDENT = 20;
const CELL_END = ' | ';

const WITHIN_A_LINE: ReadonlySet<CDABlock> = new Set<CDABlock>(['sub', 'sup']);
const CELLS: ReadonlySet<CDABlock> = new Set<CDABlock>(['td', 'th']);
const LISTS: ReadonlySet<CDABlock> = new Set<CDABlock>(['list', 'ordered-list']);

/** Write the text line by line. Lines end with a line feed. */
export function* cdaAsText(document: Buffer): Generator<string> {
  const lines = new Lines();
  for (const part of readCDA(document)) yield* lines.take(part);
  yield* lines.end();
}

class Lines {
  #line = '';
  #isItem = false;
  #listDepth = 0;

  *take(part: CDAPart): Generator<string> {
    switch (part.kind) {
      case 'text':
        this.#line += visible(part.text).replace(/\s+/g, ' ');
        if (this.#line.length > MOST_LINE_CHARACTERS) yield* this.#breakLine();
        return;
      case 'break':
        this.#line += '\n';
        return;
      case 'open':
      case 'close':
        yield* this.#block(part.block, part.kind === 'open');
        return;
      case 'heading':
        yield* this.end();
        yield '\n';
        yield* wrapped(`${'#'.repeat(part.level)} ${shown(part.text)}`, { indent: 0, columns: COLUMNS });
        return;
      default:
        yield* this.end();
        yield* wrapped(shown(noteWords(part)), { indent: 0, columns: COLUMNS });
    }
  }

  /** Write the line that has been begun. */
  *end(): Generator<string> {
    const text = this.#line
      .split('\n')
      .map((line) => line.trim())
      .join('\n')
      .trim();
    this.#line = '';
    if (text === '' || text === CELL_END.trim()) return;
    const indent = Math.min(Math.max(this.#listDepth - 1, 0) * STEP, MOST_INDENT);
    const hanging = this.#listDepth > 0 ? indent + STEP : indent;
    yield* wrapped(this.#isItem ? `- ${text}` : text, {
      indent: this.#isItem ? indent : hanging,
      columns: COLUMNS,
      hanging,
    });
    this.#isItem = false;
  }

  /** At its last space, so that no word is cut. */
  *#breakLine(): Generator<string> {
    const end = this.#line.lastIndexOf(' ');
    const rest = end < 0 ? '' : this.#line.slice(end + 1);
    if (end >= 0) this.#line = this.#line.slice(0, end);
    yield* this.end();
    this.#line = rest;
  }

  *#block(block: CDABlock, isOpen: boolean): Generator<string> {
    if (WITHIN_A_LINE.has(block)) return;
    if (CELLS.has(block)) {
      if (!isOpen) this.#line += CELL_END;
      return;
    }
    if (this.#line.endsWith(CELL_END)) this.#line = this.#line.slice(0, -CELL_END.length);
    yield* this.end();
    if (LISTS.has(block)) this.#listDepth += isOpen ? 1 : -1;
    if (block === 'item') this.#isItem = isOpen;
  }
}
