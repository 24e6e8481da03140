/**
 * What people are to read of an HL7 Clinical Document (CDA, release 2): its title, whom it is about and by whom, and the text of
 * its sections. The coded entries beside the text say the same for programs, and are passed over. What is not well-formed ends
 * the reading, and so does a document type declaration: there are no entities but the five of XML itself.
 * HL7 CDA R2 §4.3.5, PS3.3 §A.45.2
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes';

/** Elements of the text of a section that are more than their text. */
export type CDABlock =
  | 'paragraph'
  | 'list'
  | 'ordered-list'
  | 'item'
  | 'table'
  | 'thead'
  | 'tbody'
  | 'tfoot'
  | 'tr'
  | 'th'
  | 'td'
  | 'caption'
  | 'sub'
  | 'sup';

export type CDAPart =
  | { readonly kind: 'fact'; readonly name: 'Patient' | 'Author' | 'Custodian' | 'Date'; readonly text: string }
  /** Of level 1 for the document, more for sections. */
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'open' | 'close'; readonly block: CDABlock }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'break' }
  /** The body is a file of another type, held within. */
  | { readonly kind: 'file' }
  /** It is no CDA, or only to here; nothing follows. */
  | { readonly kind: 'unreadable' };

/** Far more than any that somebody reads. */
export const MOST_CDA_BYTES = 4 * 1024 * 1024;
const MOST_DEPTH = 200;
const MOST_ATTRIBUTES = 64;
const MOST_HEADING_CHARACTERS = 1_000;
const PIECE_CHARACTERS = 8 * 1024;
const SLICE_BYTES = 16 * 1024;

const ROOT = 'ClinicalDocument';
/** What is told by the text of an element at this place below the root. */
const FACTS: ReadonlyMap<string, 'Patient' | 'Author' | 'Custodian'> = new Map([
  ['recordTarget/patientRole/patient/name', 'Patient'],
  ['author/assignedAuthor/assignedPerson/name', 'Author'],
  ['custodian/assignedCustodian/representedCustodianOrganization/name', 'Custodian'],
]);

const BLOCKS: ReadonlyMap<string, CDABlock> = new Map(
  (
    [
      ...(['paragraph', 'list', 'item', 'caption', 'sub', 'sup'] as const),
      ...(['table', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td'] as const),
    ] as const
  ).map((name) => [name, name]),
);

/** Read a document in UTF-8, part by part, in the order in which they are read. */
export function* readCDA(document: Buffer): Generator<CDAPart> {
  const reader = new CDAReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  if (document.length > MOST_CDA_BYTES) {
    yield { kind: 'unreadable' };
    return;
  }
  try {
    for (let at = 0; at < document.length; at += SLICE_BYTES) {
      reader.write(decoder.decode(document.subarray(at, at + SLICE_BYTES), { stream: true }));
      yield* reader.take();
    }
    reader.write(decoder.decode());
    reader.end();
    yield* reader.take();
  } catch (error) {
    if (!(error instanceof Unreadable || error instanceof TypeError)) throw error;
    yield* reader.take();
    yield* reader.closings();
    yield { kind: 'unreadable' };
  }
}

class Unreadable extends Error {}

class CDAReader {
  readonly #parser = new SaxesParser({ xmlns: false, position: false });
  readonly #names: string[] = [];
  readonly #opened: (CDABlock | undefined)[] = [];
  #parts: CDAPart[] = [];
  /** How many elements stood open where the text of a section began; 0 outside of one. */
  #textDepth = 0;
  #collected: string[] | undefined;
  #collectedDepth = 0;
  #attributeCount = 0;

  constructor() {
    const refuse = (): never => {
      throw new Unreadable();
    };
    this.#parser.on('error', refuse);
    this.#parser.on('doctype', refuse);
    this.#parser.on('opentagstart', () => {
      this.#attributeCount = 0;
    });
    this.#parser.on('attribute', () => {
      this.#attributeCount += 1;
      if (this.#attributeCount > MOST_ATTRIBUTES) refuse();
    });
    this.#parser.on('opentag', (tag) => this.#open(tag));
    this.#parser.on('closetag', () => this.#close());
    this.#parser.on('text', (text) => this.#text(text));
    this.#parser.on('cdata', (text) => this.#text(text));
  }

  write(text: string): void {
    this.#parser.write(text);
  }

  end(): void {
    this.#parser.close();
  }

  take(): readonly CDAPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  /** What ends all that has been opened and not closed. */
  closings(): readonly CDAPart[] {
    return this.#opened
      .toReversed()
      .flatMap((block): readonly CDAPart[] => (block === undefined ? [] : [{ kind: 'close', block }]));
  }

  #open({ name: qualified, attributes }: SaxesTagPlain): void {
    const name = qualified.slice(qualified.indexOf(':') + 1);
    const above = this.#names.at(-1);
    this.#names.push(name);
    if (this.#names.length > MOST_DEPTH || this.#names[0] !== ROOT) throw new Unreadable();
    if (this.#textDepth > 0) {
      this.#openInText(name, attributes);
      return;
    }
    if (name === 'text' && above === 'section') this.#textDepth = this.#names.length;
    else if (name === 'text' && above === 'nonXMLBody') this.#parts.push({ kind: 'file' });
    else if (this.#names.length === 2 && name === 'effectiveTime') this.#date(attributes['value']);
    else if (this.#collected === undefined && (this.#fact() !== undefined || this.#headingLevel() > 0)) {
      this.#collected = [];
      this.#collectedDepth = this.#names.length;
    }
  }

  #openInText(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'br') this.#parts.push({ kind: 'break' });
    const block = name === 'list' && attributes['listType'] === 'ordered' ? 'ordered-list' : BLOCKS.get(name);
    this.#opened.push(block);
    if (block !== undefined) this.#parts.push({ kind: 'open', block });
  }

  #close(): void {
    if (this.#textDepth === this.#names.length) this.#textDepth = 0;
    else if (this.#textDepth > 0) {
      const block = this.#opened.pop();
      if (block !== undefined) this.#parts.push({ kind: 'close', block });
    } else if (this.#collected !== undefined && this.#collectedDepth === this.#names.length)
      this.#tell(this.#collected);
    this.#names.pop();
  }

  #text(text: string): void {
    if (this.#textDepth === 0) {
      this.#collected?.push(text.slice(0, MOST_HEADING_CHARACTERS));
      return;
    }
    for (let at = 0; at < text.length; at += PIECE_CHARACTERS) {
      this.#parts.push({ kind: 'text', text: text.slice(at, at + PIECE_CHARACTERS) });
    }
  }

  #tell(collected: readonly string[]): void {
    const text = collected.join(' ').slice(0, MOST_HEADING_CHARACTERS).replace(/\s+/g, ' ').trim();
    const name = this.#fact();
    if (text !== '')
      this.#parts.push(
        name === undefined ? { kind: 'heading', level: this.#headingLevel(), text } : { kind: 'fact', name, text },
      );
    this.#collected = undefined;
  }

  #date(value: string | undefined): void {
    if (value !== undefined) this.#parts.push({ kind: 'fact', name: 'Date', text: value });
  }

  #fact(): 'Patient' | 'Author' | 'Custodian' | undefined {
    return FACTS.get(this.#names.slice(1).join('/'));
  }

  /** Of the innermost element, if it is a title; 0 when it is none. */
  #headingLevel(): number {
    if (this.#names.at(-1) !== 'title') return 0;
    if (this.#names.length === 2) return 1;
    return this.#names.at(-2) === 'section' ? 1 + this.#names.filter((name) => name === 'section').length : 0;
  }
}
