/**
 * A strict reader of XML documents, as small as the Native DICOM Model allows: elements, attributes, text, CDATA, comments
 * and the XML declaration. A document type declaration is an error, so that no entity is ever declared or fetched. XML 1.0
 */

export interface XMLElement {
  /** Without a prefix. */
  readonly name: string;
  /** The namespace of the element; empty when it has none. */
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XMLElement[];
  /** All text directly in it. */
  readonly text: string;
}

interface Open {
  readonly qualifiedName: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly namespaces: ReadonlyMap<string, string>;
  readonly children: XMLElement[];
  text: string;
}

const NAME = String.raw`[A-Za-z_:][\w.:-]*`;
const TOKEN = new RegExp(
  [
    String.raw`<!--(?:(?!--)[\s\S])*-->`,
    String.raw`<!\[CDATA\[([\s\S]*?)\]\]>`,
    String.raw`<\?xml\s[^?]*\?>`,
    String.raw`</(${NAME})\s*>`,
    String.raw`<(${NAME})((?:\s+${NAME}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/?)>`,
    '([^<]+)',
  ].join('|'),
  'y',
);
const ATTRIBUTE = new RegExp(String.raw`(${NAME})\s*=\s*(?:"([^"]*)"|'([^']*)')`, 'g');
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The root element. @throws Error when the bytes are not one well-formed document in UTF-8 */
export function readXML(bytes: Buffer): XMLElement {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  const open: Open[] = [];
  let root: XMLElement | undefined;
  let at = 0;
  const close = (qualifiedName: string): void => {
    const ended = open.pop();
    if (ended?.qualifiedName !== qualifiedName) throw new Error(`</${qualifiedName}> closes another element`);
    const done = finished(ended);
    const parent = open.at(-1);
    if (parent === undefined) root = done;
    else parent.children.push(done);
  };
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    if (token === null) throw new Error(`no XML at character ${at}: ${JSON.stringify(text.slice(at, at + 30))}`);
    at = TOKEN.lastIndex;
    const [, cdata, closing, opening, attributes = '', selfClosing, chars] = token;
    if (opening !== undefined) {
      if (root !== undefined) throw new Error('there is more than one root element');
      open.push(begin(opening, attributes, open.at(-1)));
      if (selfClosing === '/') close(opening);
    } else if (closing !== undefined) close(closing);
    else if (chars !== undefined || cdata !== undefined) addText(open.at(-1), cdata ?? unescaped(chars ?? ''));
  }
  if (root === undefined || open.length > 0) throw new Error('the document does not end');
  return root;
}

function addText(into: Open | undefined, text: string): void {
  if (into !== undefined) into.text += text;
  else if (text.trim() !== '') throw new Error('there is text outside the root element');
}

function begin(qualifiedName: string, attributeText: string, parent: Open | undefined): Open {
  const attributes = new Map<string, string>();
  const namespaces = new Map(parent?.namespaces);
  for (const [, name = '', double, single] of attributeText.matchAll(ATTRIBUTE)) {
    const value = unescaped(double ?? single ?? '');
    if (attributes.has(name)) throw new Error(`${qualifiedName} has the attribute ${name} twice`);
    if (name === 'xmlns' || name.startsWith('xmlns:')) namespaces.set(name.slice(6), value);
    attributes.set(name, value);
  }
  return { qualifiedName, attributes, namespaces, children: [], text: '' };
}

function finished({ qualifiedName, attributes, namespaces, children, text }: Open): XMLElement {
  const [prefix = '', name] = qualifiedName.includes(':') ? qualifiedName.split(':') : ['', qualifiedName];
  return { name: name ?? '', namespace: namespaces.get(prefix) ?? '', attributes, children, text };
}

const unescaped = (text: string): string =>
  text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));|&/g, (all, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    const known = name === undefined ? undefined : ENTITIES[name];
    if (known === undefined) throw new Error(`${JSON.stringify(all)} is no entity of XML`);
    return known;
  });

/** Text as it may stand between tags or in an attribute. */
export const escapeXML = (text: string): string =>
  text.replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.codePointAt(0) ?? 0};`);
