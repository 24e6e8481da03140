/**
 * The two forms of a WADL document: XML, and the JSON that PS3.18 makes of it. Knows the language, not what is described.
 * Web Application Description Language, W3C Submission of 31 August 2009; PS3.18 Annex G
 */

export interface WADLElement {
  readonly name: WADLName;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly WADLElement[];
  /** Of `doc` alone. */
  readonly text?: string;
}

export type WADLName =
  | 'application'
  | 'doc'
  | 'method'
  | 'option'
  | 'param'
  | 'representation'
  | 'request'
  | 'resource'
  | 'resources'
  | 'response';

const NAMESPACE = 'http://wadl.dev.java.net/2009/02';
/** They stand at most once in their parent, so JSON has them as objects and not in arrays. PS3.18 §G.2.2, Annex H */
const UNIQUE: ReadonlySet<WADLName> = new Set<WADLName>(['application', 'request', 'resources']);
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Make an element. */
export const wadl = (
  name: WADLName,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly WADLElement[] = [],
): WADLElement => ({ name, attributes, children });

/** Make words for people. */
export const wadlDoc = (text: string): WADLElement => ({
  name: 'doc',
  attributes: { 'xml:lang': 'en' },
  children: [],
  text,
});

/** Write `application/vnd.sun.wadl+xml`, in UTF-8. */
export const wadlXML = ({ name, attributes, children }: WADLElement): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${elementXML({ name, attributes: { xmlns: NAMESPACE, ...attributes }, children }, '')}`;

function elementXML({ name, attributes, children, text }: WADLElement, indent: string): string {
  const head = `${indent}<${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
    .join('')}`;
  if (text !== undefined) return `${head}>${escaped(text)}</${name}>\n`;
  if (children.length === 0) return `${head}/>\n`;
  return `${head}>\n${children.map((child) => elementXML(child, `${indent} `)).join('')}${indent}</${name}>\n`;
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);

/** Write `application/json`: attributes as `@name`, elements that may be repeated as arrays. PS3.18 §G.2 */
export const wadlJSON = (root: WADLElement): string => JSON.stringify({ [root.name]: elementJSON(root) });

function elementJSON({ attributes, children, text }: WADLElement): Readonly<Record<string, unknown>> {
  const members = new Map<string, unknown>(Object.entries(attributes).map(([name, value]) => [`@${name}`, value]));
  if (text !== undefined) members.set('value', text);
  for (const name of new Set(children.map((child) => child.name))) {
    const own = children.filter((child) => child.name === name).map(elementJSON);
    members.set(name, UNIQUE.has(name) ? own[0] : own);
  }
  return Object.fromEntries(members);
}
