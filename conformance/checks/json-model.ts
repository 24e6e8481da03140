/** PS3.18 Annex F: the DICOM JSON Model, in metadata and in results. */
import { type Check, check, instanceURL, JSON_TYPE, studyURL, type Trial } from '../check.js';
import { elementsOf, type JSONElement } from '../dicom/dicom-json.js';
import { named, tagOf } from '../dicom/dictionary.js';
import { type JSONNode, readJSONText } from '../dicom/json-text.js';
import { PRIVATE_BYTES } from '../fixtures/values.js';
import type { Subject } from '../session.js';
import { bulkdataURIs, metadataOf, readable } from './bulkdata-uris.js';
import { ours } from './searching.js';

const FORMS = ['CT', 'CXR', 'SR', 'PR', 'EMPTY', 'NUM', 'PRIV', 'NAMES87', 'BE', 'PDF'];
const MEMBERS = new Set(['vr', 'Value', 'BulkDataURI', 'InlineBinary']);
const BINARY = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The metadata of one instance as it stands in the text. */
async function textOf(t: Trial, subject: Subject): Promise<JSONNode> {
  return readJSONText((await t.got(`${instanceURL(subject)}/metadata`, JSON_TYPE)).body);
}

/** Every data set in the text, items too, as the names of its members in their order. */
function* dataSetsIn(node: JSONNode): Generator<readonly string[]> {
  if (node.kind === 'array') for (const item of node.items) yield* dataSetsIn(item);
  if (node.kind !== 'object') return;
  yield node.members.map(([name]) => name);
  for (const [, element] of node.members) {
    if (element.kind !== 'object') continue;
    for (const [name, value] of element.members) {
      if (name === 'Value' && value.kind === 'array') {
        for (const item of value.items) if (item.kind === 'object' && isDataSet(item.members)) yield* dataSetsIn(item);
      }
    }
  }
}

/** A Person Name is an object as well, of component groups. */
const isDataSet = (members: readonly (readonly [string, unknown])[]): boolean =>
  members.every(([name]) => !/^(?:Alphabetic|Ideographic|Phonetic)$/.test(name));

async function eachElement(
  t: Trial,
  judge: (path: string, tag: string, element: JSONElement) => string | undefined,
  expected: string,
): Promise<void> {
  for (const subject of await readable(t, FORMS)) {
    const faults = [...elementsOf(await metadataOf(t, subject))].flatMap(
      ([path, tag, element]) => judge(path, tag, element) ?? [],
    );
    t.none(faults, expected);
  }
}

export const JSON_MODEL_CHECKS: readonly Check[] = [
  check('J-01', 'M', 'F.2', 'application/dicom+json in UTF-8, without a byte order mark', async (t) => {
    for (const target of [`${instanceURL(t.subject())}/metadata`, `/studies?StudyInstanceUID=${t.subject().study}`]) {
      const answer = await t.got(target, JSON_TYPE);
      t.expect(
        /^application\/dicom\+json\s*(?:;|$)/i.test(answer.header('Content-Type') ?? ''),
        JSON_TYPE,
        answer.header('Content-Type'),
      );
      readJSONText(answer.body);
    }
  }),
  check('J-02', 'M', 'F.2.1', 'data sets stand in one array', async (t) => {
    for (const target of [
      `${studyURL(t.subject())}/metadata`,
      `/studies?${ours(t)}&limit=2`,
      `/instances?${ours(t)}&limit=2`,
    ]) {
      t.equal(readJSONText((await t.got(target, JSON_TYPE)).body).kind, 'array', `the kind of the whole of ${target}`);
    }
  }),
  check('J-03', 'M', 'F.2.2', 'attributes are named by 8 upper-case digits', async (t) => {
    for (const subject of await readable(t, FORMS)) {
      for (const names of dataSetsIn(await textOf(t, subject))) {
        t.none(
          names.filter((name) => !/^[0-9A-F]{8}$/.test(name)),
          'names of 8 upper-case hexadecimal digits',
        );
      }
    }
  }),
  check('J-04', 'M', 'F.2.2', 'attributes ascend in the text, within items too', async (t) => {
    for (const subject of await readable(t, FORMS)) {
      for (const names of dataSetsIn(await textOf(t, subject))) {
        const first = names.findIndex((name, i) => i > 0 && (names[i - 1] ?? '') >= name);
        t.expect(
          first === -1,
          'attributes in ascending order, each once',
          `${named(names[first] ?? '')} after ${named(names[first - 1] ?? '')}`,
        );
      }
    }
  }),
  check('J-05', 'M', 'F.2.2', 'no group lengths, and at most one kind of value', (t) =>
    eachElement(
      t,
      (path, tag, element) => {
        if (tag.endsWith('0000')) return `${path} is a group length`;
        const kinds = Object.keys(element).filter((name) => name !== 'vr');
        return kinds.length > 1 ? `${path} has ${kinds.join(' and ')}` : undefined;
      },
      'no group length, and one of Value, BulkDataURI, InlineBinary',
    ),
  ),
  check('J-06', 'M', 'F.2.2', 'every attribute has its vr', (t) =>
    eachElement(
      t,
      (path, _tag, { vr }) =>
        typeof vr === 'string' && /^[A-Z]{2}$/.test(vr) ? undefined : `${path} has vr ${JSON.stringify(vr)}`,
      'a vr of two letters',
    ),
  ),
  check('J-07', 'M', 'F.2.5', 'an empty attribute has no value of any kind', async (t) => {
    const set = await metadataOf(t, t.fixture('EMPTY'));
    for (const keyword of ['AccessionNumber', 'ReferringPhysicianName', 'PatientSex', 'SelectorOBValue']) {
      t.equal(Object.keys(set[tagOf(keyword)] ?? {}), ['vr'], `members of the empty ${keyword}`);
    }
    await eachElement(
      t,
      (path, _tag, { Value }) => {
        if (Value === undefined) return undefined;
        return !Array.isArray(Value) || Value.length === 0 || Value.every((value) => value === null || value === '')
          ? `${path} has Value ${JSON.stringify(Value)}`
          : undefined;
      },
      'no Value without a value in it',
    );
  }),
  check('J-16', 'M', 'F.2.7', 'InlineBinary is one text of base64', async (t) => {
    await eachElement(
      t,
      (path, _tag, { vr, InlineBinary }) => {
        if (InlineBinary === undefined) return undefined;
        if (!BINARY.has(String(vr))) return `${path} has InlineBinary and VR ${String(vr)}`;
        return typeof InlineBinary === 'string' && BASE64.test(InlineBinary)
          ? undefined
          : `${path} has ${JSON.stringify(InlineBinary)}`;
      },
      'base64 in one string',
    );
    const { InlineBinary } = (await metadataOf(t, t.fixture('PRIV')))['00231003'] ?? {};
    if (InlineBinary === undefined) t.skip('6 private bytes are not inline');
    t.equal(InlineBinary, PRIVATE_BYTES.toString('base64'), 'the private bytes');
  }),
  check('J-18', 'M', 'F.2.6', 'BulkDataURI is a URI', (t) =>
    eachElement(
      t,
      (path, _tag, { BulkDataURI }) =>
        BulkDataURI === undefined || (typeof BulkDataURI === 'string' && /^[!-~]+$/.test(BulkDataURI))
          ? undefined
          : `${path} has ${JSON.stringify(BulkDataURI)}`,
      'URIs in ASCII',
    ),
  ),
  check('J-19', 'M', 'F.1', 'what pads a value is no part of it', (t) =>
    eachElement(
      t,
      (path, _tag, { vr, Value = [] }) => {
        const isPadded = Value.some(
          (value) => typeof value === 'string' && (value.includes('\0') || (vr === 'CS' && value !== value.trim())),
        );
        return isPadded ? `${path} has ${JSON.stringify(Value)}` : undefined;
      },
      'no NUL, and no spaces around code strings',
    ),
  ),
  check('J-25', 'P', '—', 'attributes have no other members than the model gives them', async (t) => {
    await eachElement(
      t,
      (path, _tag, element) => {
        const others = Object.keys(element).filter((name) => !MEMBERS.has(name));
        return others.length === 0 ? undefined : `${path} has ${others.join(', ')}`;
      },
      'vr, Value, BulkDataURI, InlineBinary',
    );
    await bulkdataURIs(t, t.subject());
  }),
];
