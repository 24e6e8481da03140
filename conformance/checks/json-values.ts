/** PS3.18 §F.2.2 to §F.2.7: how the values of each VR stand in DICOM JSON. */
import { type Check, check, instanceURL, JSON_TYPE, type Trial } from '../check.js';
import { valuesOf } from '../dicom/dicom-json.js';
import { tagOf } from '../dicom/dictionary.js';
import { type JSONNode, readJSONText } from '../dicom/json-text.js';
import { metadataOf } from './bulkdata-uris.js';

/** The element of a fixture as the text has it. */
async function nodeAt(t: Trial, name: string, keyword: string): Promise<readonly JSONNode[]> {
  const answer = await t.got(`${instanceURL(t.fixture(name))}/metadata`, JSON_TYPE);
  const root = readJSONText(answer.body);
  const [set] = root.kind === 'array' ? root.items : [root];
  const member = (node: JSONNode | undefined, key: string): JSONNode | undefined =>
    node?.kind === 'object' ? node.members.find(([one]) => one === key)?.[1] : undefined;
  const element = member(set, tagOf(keyword));
  if (member(element, 'BulkDataURI') !== undefined) t.skip(`${keyword} is given by BulkDataURI`);
  const value = member(element, 'Value');
  return value?.kind === 'array' ? value.items : [];
}

const exactly = (node: JSONNode | undefined): string =>
  node?.kind === 'number' ? node.digits : node?.kind === 'string' ? node.text : JSON.stringify(node);

export const JSON_VALUE_CHECKS: readonly Check[] = [
  check('J-08', 'M', 'F.2.5', 'an empty value among others is null', async (t) => {
    const set = await metadataOf(t, t.fixture('EMPTY'));
    t.equal(valuesOf(set, 'ImageType'), ['ORIGINAL', null, 'AXIAL'], 'ImageType');
  }),
  check('J-09', 'M', 'F.2.5', 'an empty sequence has no Value, an empty item is {}', async (t) => {
    const set = await metadataOf(t, t.fixture('EMPTY'));
    t.equal(set[tagOf('ProcedureCodeSequence')], { vr: 'SQ' }, 'an empty sequence');
    const items = valuesOf(set, 'ReferencedImageSequence');
    t.equal([items.length, items[1]], [3, {}], 'items, and the empty one');
  }),
  check('J-10', 'M', 'F.2.2', 'names are objects of their component groups', async (t) => {
    const [name] = valuesOf(await metadataOf(t, t.fixture('PLUS')), 'PatientName');
    t.equal(name, { Alphabetic: 'Wang^XiaoDong', Ideographic: '王^小東' }, 'A=B');
    const many = valuesOf(await metadataOf(t, t.fixture('EMPTY')), 'NameOfPhysiciansReadingStudy');
    t.equal(many, [{ Alphabetic: 'ADAMS^A' }, null, { Alphabetic: 'BAKER^B' }], 'names with an empty one among them');
    const [only] = valuesOf(await metadataOf(t, t.fixture('PRIVI')), 'ContentCreatorName');
    t.equal(only, { Ideographic: '王^小東' }, 'a name without an alphabetic group');
  }),
  check('J-11', 'M', 'F.2.3', 'AT is 8 upper-case digits', async (t) => {
    t.equal(valuesOf(await metadataOf(t, t.fixture('NUM')), 'SelectorATValue'), ['00181063', '7FE00010'], 'AT');
  }),
  check('J-12', 'M', 'F.2.3', 'DS and IS are numbers or text, and lose nothing', async (t) => {
    const numbers = async (keyword: string) => (await nodeAt(t, 'NUM', keyword)).map((node) => Number(exactly(node)));
    t.equal(await numbers('SliceThickness'), [1.5], 'the DS 1.50');
    t.equal(await numbers('InstanceNumber'), [7], 'the IS 007');
    t.equal(await numbers('SelectorDSValue'), [12_345.678901234, -1.5e-7], 'the DS 12345.678901234 and -1.5E-7');
  }),
  check('J-13', 'M', 'F.2.3', 'SV and UV are exact', async (t) => {
    const exact = async (keyword: string) => (await nodeAt(t, 'NUM', keyword)).map(exactly);
    t.equal(await exact('SelectorSVValue'), ['-9007199254740993', '1'], 'SV');
    t.equal(await exact('SelectorUVValue'), ['18446744073709551615'], 'UV');
  }),
  check('J-14', 'M', 'F.2.3', 'FL, FD, SL, SS, UL and US are numbers', async (t) => {
    const expected = {
      SelectorSLValue: [-2_147_483_648],
      SelectorULValue: [4_294_967_295],
      SelectorSSValue: [-32_768, 32_767],
      SelectorUSValue: [65_535],
    };
    const set = await metadataOf(t, t.fixture('NUM'));
    for (const [keyword, values] of Object.entries(expected)) t.equal(valuesOf(set, keyword), values, keyword);
    const nodes = await nodeAt(t, 'NUM', 'SelectorFLValue');
    t.equal(
      nodes.map(({ kind }) => kind),
      ['number', 'number'],
      'kinds of FL',
    );
    t.equal(
      nodes.map((node) => Math.fround(Number(exactly(node)))),
      [Math.fround(0.1), 1.5],
      'FL',
    );
    if (exactly(nodes[0]) !== '0.1') t.note(`0.1 in FL is written ${exactly(nodes[0])}`);
  }),
  check('J-15', 'P', '—', 'NaN and Infinity are not lost, and the JSON is JSON', async (t) => {
    const nodes = await nodeAt(t, 'NUM', 'SelectorFDValue');
    const [first, nan, positive, negative] = nodes.map(exactly);
    t.equal(Number(first), 0.1, 'the FD 0.1');
    t.equal(nan, 'NaN', 'NaN');
    t.expect(/^\+?inf(?:inity)?$/i.test(positive ?? ''), 'Infinity or inf', positive);
    t.expect(/^-inf(?:inity)?$/i.test(negative ?? ''), '-Infinity or -inf', negative);
  }),
  check('J-17', 'M', 'F.2.7', 'binary values are little endian', async (t) => {
    const { InlineBinary } = (await metadataOf(t, t.fixture('BE')))[tagOf('SelectorOWValue')] ?? {};
    if (InlineBinary === undefined) t.skip('4 bytes of OW are not inline');
    t.equal(InlineBinary, Buffer.from([1, 2, 3, 4]).toString('base64'), 'an OW of a big endian file');
  }),
  check('J-20', 'M', 'F.3.1, PS3.5 §7.8', 'private attributes have their tags and their creators', async (t) => {
    const set = await metadataOf(t, t.fixture('PRIV'));
    t.equal(set['00230010'], { vr: 'LO', Value: ['AcmeCompany'] }, '00230010');
    t.equal(set['00230011'], { vr: 'LO', Value: ['OtherCompany'] }, '00230011');
    t.equal(set['00231002'], { vr: 'LO', Value: ['private text'] }, '00231002');
    t.equal(set['00231102'], { vr: 'US', Value: [4_711] }, '00231102');
    t.equal(set['00231004'], { vr: 'SQ', Value: [{ '00080100': { vr: 'SH', Value: ['X1'] } }, {}] }, '00231004');
  }),
  check('J-21', 'M', 'F.2.4', 'a backslash divides values of LO, and none of LT and UT', async (t) => {
    const set = await metadataOf(t, t.fixture('NUM'));
    t.equal(valuesOf(set, 'SelectorLOValue'), ['first', 'second'], 'LO');
    t.equal(valuesOf(set, 'SelectorLTValue'), ['C:\\one\\value'], 'LT');
    t.equal(valuesOf(set, 'SelectorUTValue'), ['a\\b'], 'UT');
  }),
  check('J-22', 'M', 'F.2.3', 'dates and times stand as they are', async (t) => {
    for (const [name, date, time] of [
      ['UNDERSCORE', '20200103', '101500.123456'],
      ['LETTER', '20200110', '1200'],
    ] as const) {
      const set = await metadataOf(t, t.fixture(name));
      t.equal(set[tagOf('StudyDate')], { vr: 'DA', Value: [date] }, 'StudyDate');
      t.equal(set[tagOf('StudyTime')], { vr: 'TM', Value: [time] }, 'StudyTime');
    }
    const zone = await metadataOf(t, t.fixture('ZONE'));
    t.equal(valuesOf(zone, 'AcquisitionDateTime'), ['20200120233000+0000'], 'AcquisitionDateTime');
  }),
  check(
    'J-23',
    'M',
    'F.2.2',
    'a private sequence in Implicit VR stays UN, or is read as the sequence it is',
    async (t) => {
      const fixture = t.fixture('PRIVI');
      const element = (await metadataOf(t, fixture))['00231004'];
      const isUnknown =
        element?.vr === 'UN' && (typeof element.InlineBinary === 'string' || element.BulkDataURI !== undefined);
      const isSequence = element?.vr === 'SQ' && element.Value?.length === 2;
      t.expect(isUnknown || isSequence, 'UN with its bytes, or SQ with two items', element);
    },
  ),
];
