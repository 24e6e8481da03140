/** Compares two data sets of the DICOM JSON Model, attribute by attribute, at every depth. */
import { asDataSet, type JSONDataSet, type JSONElement } from './stored-files.js';

export interface Difference {
  /** As in a bulkdata path: tags and item indices. */
  readonly path: string;
  /** The tag, 8 digits. */
  readonly name: string;
  readonly kind: 'only here' | 'only there' | 'vr' | 'items' | 'value' | 'referred here';
  readonly ours: JSONElement | undefined;
  readonly theirs: JSONElement | undefined;
}

const BINARY_NUMBERS: ReadonlySet<string> = new Set(['FL', 'FD']);
const NUMBER_TEXTS: ReadonlySet<string> = new Set(['DS', 'IS']);

/** What differs, in order. `compared` is called once for each attribute that is on both sides with values. */
export function* differencesOf(
  ours: JSONDataSet,
  theirs: JSONDataSet,
  compared: () => void,
  path = '',
): Generator<Difference> {
  for (const name of [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort()) {
    const [our, their] = [ours[name], theirs[name]];
    const at = { path: path + name, name, ours: our, theirs: their };
    if (our === undefined) yield { ...at, kind: 'only there' };
    else if (their === undefined) yield { ...at, kind: 'only here' };
    else if (our.vr !== their.vr) yield { ...at, kind: 'vr' };
    else if (our.vr === 'SQ') yield* itemDifferences(our, their, compared, at);
    else if (our.BulkDataURI !== undefined) yield { ...at, kind: 'referred here' };
    else if (isSame(our, their)) compared();
    else yield { ...at, kind: 'value' };
  }
}

function* itemDifferences(
  our: JSONElement,
  their: JSONElement,
  compared: () => void,
  at: Omit<Difference, 'kind'>,
): Generator<Difference> {
  const [ours, theirs] = [our.Value ?? [], their.Value ?? []];
  if (ours.length !== theirs.length) yield { ...at, kind: 'items' };
  else {
    for (const [index, item] of ours.entries()) {
      yield* differencesOf(asDataSet(item), asDataSet(theirs[index]), compared, `${at.path}/${index}/`);
    }
  }
}

function isSame(our: JSONElement, their: JSONElement): boolean {
  if ((our.InlineBinary ?? '') !== (their.InlineBinary ?? '')) return false;
  return JSON.stringify(valuesOf(our)) === JSON.stringify(valuesOf(their));
}

/** Values without what is no part of them: padding, trailing empty component groups, the spelling of numbers. */
const valuesOf = ({ vr, Value = [] }: JSONElement): readonly unknown[] => {
  const values = Value.map((value) => withoutSpelling(vr, value));
  return values.length === 1 && values[0] === null ? [] : values;
};

function withoutSpelling(vr: string, value: unknown): unknown {
  if (value === '' || value === null) return null;
  if (vr === 'PN' && typeof value === 'object') return componentGroups(value);
  if (BINARY_NUMBERS.has(vr) || NUMBER_TEXTS.has(vr)) return numberOf(vr, value);
  return typeof value === 'string' ? value.trim() : value;
}

const componentGroups = (name: object): unknown =>
  Object.entries(name)
    .map(([group, text]) => [group, String(text).trimEnd()])
    .filter(([, text]) => text !== '')
    .sort();

/** As a number where it is one; a float of 32 bits as the double that is nearest to none other. */
function numberOf(vr: string, value: unknown): unknown {
  const text = String(value).trim();
  const number = Number(text.replace(/^([+-]?)inf$/i, '$1Infinity'));
  if (Number.isNaN(number)) return text.toLowerCase() === 'nan' ? 'NaN' : text;
  return String(vr === 'FL' ? Math.fround(number) : number);
}
