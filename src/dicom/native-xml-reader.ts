/**
 * Reads an instance in the Native DICOM Model: one XML document. What is not well-formed ends the reading, and so does a
 * document type declaration, for nothing of the model needs one: there are no entities but the five of XML itself.
 * PS3.19 §A.1
 */
import { SaxesParser } from 'saxes';
import { invalidRequest } from '../errors.js';
import type { AttributeSink } from './attribute-sink.js';
import { NativeXMLElements } from './native-xml-elements.js';
import { PART10_LIMITS } from './part10-limits.js';
import { TextBytes } from './text-bytes.js';

/** The model, an attribute and an item for each sequence, and in an attribute a name, its group and a component. */
const MOST_DEPTH = 2 * (PART10_LIMITS.depth + 1) + 4;
const MOST_ATTRIBUTES = 16;
/** Before the root: an XML declaration, and perhaps a comment. What would be a DTD is not waited for to its end. */
const MOST_PROLOG_CHARACTERS = 4 * 1024;
/** Each costs the parser more than the character it stands for. */
const MOST_REFERENCES = 500_000;

/** Reads UTF-8 into a sink. */
export class NativeXMLReader {
  readonly #characters = new TextBytes('XML');
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  #depth = 0;
  #attributeCount = 0;
  #referenceCount = 0;
  #prologCharacters = 0;
  #isInRoot = false;

  constructor(sink: AttributeSink) {
    const elements = new NativeXMLElements(sink);
    const parser = this.#parser;
    parser.on('error', () => {
      throw invalidRequest('The body is no well-formed XML.');
    });
    parser.on('doctype', () => {
      throw invalidRequest('DICOM XML with a document type declaration is not taken.');
    });
    parser.on('xmldecl', ({ version, encoding = 'UTF-8' }) => {
      if (version !== '1.0' || encoding.toUpperCase() !== 'UTF-8')
        throw invalidRequest('DICOM XML is XML 1.0 in UTF-8.');
    });
    parser.on('opentagstart', () => this.#openTag());
    parser.on('attribute', () => this.#countAttribute());
    parser.on('opentag', (tag) => elements.open(tag));
    parser.on('closetag', () => {
      this.#depth -= 1;
      elements.close();
    });
    parser.on('text', (text) => elements.text(text));
    parser.on('cdata', (text) => elements.text(text));
  }

  /** Read the next bytes. @throws ArchiveError `invalid-request` when they are no UTF-8, no plain XML or no instance */
  write(chunk: Buffer): void {
    const text = this.#characters.of(chunk);
    this.#countReferences(text);
    this.#parser.write(text);
    if (!this.#isInRoot) this.#countProlog(text);
  }

  /** Say that no more comes. @throws ArchiveError `invalid-request` as `write`, and when the document is not whole */
  end(): void {
    this.#characters.end();
    this.#parser.close();
  }

  #countReferences(text: string): void {
    for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) this.#referenceCount += 1;
    if (this.#referenceCount > MOST_REFERENCES) {
      throw invalidRequest(`A document of the body has more than ${MOST_REFERENCES} references.`);
    }
  }

  #countProlog(text: string): void {
    this.#prologCharacters += text.length;
    if (this.#prologCharacters > MOST_PROLOG_CHARACTERS) {
      throw invalidRequest('DICOM XML with so much before its root is not taken.');
    }
  }

  #openTag(): void {
    this.#depth += 1;
    this.#isInRoot = true;
    this.#attributeCount = 0;
    if (this.#depth > MOST_DEPTH) throw invalidRequest(`The XML of the body is nested more than ${MOST_DEPTH} deep.`);
  }

  #countAttribute(): void {
    this.#attributeCount += 1;
    if (this.#attributeCount > MOST_ATTRIBUTES) {
      throw invalidRequest(`An element of the XML has more than ${MOST_ATTRIBUTES} attributes.`);
    }
  }
}
