import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { attributeValues } from '../../src/archive/query-attributes/attribute-values.js';
import { defineAttribute, type WrittenAttribute } from '../../src/archive/query-attributes/query-attribute.js';

const indexed = { done: 0, total: 0, isWhole: true };

async function valuesOf(dataSet: unknown, ...written: readonly WrittenAttribute[]) {
  const attributes = written.map((one, i) => ({ ...defineAttribute(one), id: i + 1, indexed }));
  return attributeValues(deflateRawSync(JSON.stringify(dataSet)), attributes);
}

const texts = async (dataSet: unknown, written: WrittenAttribute): Promise<readonly (string | null)[]> =>
  (await valuesOf(dataSet, written)).map(({ value }) => value);

const KVP = { attribute: 'KVP', level: 'series' } as const;

describe('attributeValues', () => {
  it('gives values as they are searched, and the element as it is answered', async () => {
    const element = { vr: 'DS', Value: [120, null, 80.5] };
    expect(await valuesOf({ '00180060': element, '00180061': { vr: 'DS', Value: [1] } }, KVP)).toEqual([
      { attribute_id: 1, position: 0, item: 0, part: 0, value: '120', element: JSON.stringify(element) },
      { attribute_id: 1, position: 1, item: 0, part: 0, value: '80.5', element: null },
    ]);
  });

  it('tells what is there without a value from what is not there', async () => {
    expect(await texts({ '00180060': { vr: 'DS' } }, KVP)).toEqual([null]);
    expect(await texts({ '00180060': { vr: 'DS', Value: ['many'] } }, KVP)).toEqual([null]);
    expect(await texts({}, KVP)).toEqual([]);
  });

  it('does not take for its own what stands in an item or in a text', async () => {
    const nested = { '00082218': { vr: 'SQ', Value: [{ '00180060': { vr: 'DS', Value: [1] } }] } };
    expect(await texts(nested, KVP)).toEqual([]);
    expect(await texts({ '00081030': { vr: 'LO', Value: ['"00180060":{"vr":"DS","Value":[1]}'] } }, KVP)).toEqual([]);
  });

  it('numbers the items of the innermost sequence', async () => {
    const code = (value: string) => ({ '00080100': { vr: 'SH', Value: [value] } });
    const dataSet = {
      '00400555': {
        vr: 'SQ',
        Value: [
          { '0040A043': { vr: 'SQ', Value: [code('a'), {}] } },
          {},
          { '0040A043': { vr: 'SQ', Value: [code('b')] } },
        ],
      },
    };
    const attribute = { attribute: '00400555.0040A043.CodeValue', level: 'instance' };
    expect((await valuesOf(dataSet, attribute)).map(({ item, value }) => [item, value])).toEqual([
      [0, 'a'],
      [1, null],
      [2, 'b'],
    ]);
  });

  it('parts names into their component groups', async () => {
    const dataSet = { '00081070': { vr: 'PN', Value: [{ Alphabetic: 'Ö^A', Phonetic: 'x' }, { Ideographic: '王' }] } };
    const rows = await valuesOf(dataSet, { attribute: 'OperatorsName', level: 'study' });
    expect(rows.map(({ part, value }) => [part, value])).toEqual([
      [0, 'o^a'],
      [2, 'x'],
      [1, '王'],
    ]);
  });

  it('takes a private attribute from the block of its creator, and no other', async () => {
    const written = { attribute: '00231002', level: 'series', creator: 'Acme' };
    const creator = (name: string) => ({ vr: 'LO', Value: [name] });
    const value = (text: string) => ({ vr: 'LO', Value: [text] });
    const dataSet = {
      '00230010': creator('Other'),
      '00230011': creator('Acme'),
      '00231002': value('no'),
      '00231102': value('yes'),
      '00251002': value('no'),
    };
    expect(await texts(dataSet, written)).toEqual(['yes']);
    expect(await texts({ '00230010': creator('Other'), '00231002': value('no') }, written)).toEqual([]);
    const unknown = { vr: 'UN', InlineBinary: Buffer.from('a\\b ').toString('base64') };
    expect(await texts({ '00230010': creator('Acme'), '00231002': unknown }, written)).toEqual(['a', 'b']);
  });

  it('is bounded in values and in what is answered', async () => {
    const many = { vr: 'LO', Value: Array.from({ length: 500 }, (_, i) => `value ${i}`) };
    const rows = await valuesOf({ '00081040': many }, { attribute: 'InstitutionalDepartmentName', level: 'study' });
    expect([rows.length, rows[0]?.value, rows[0]?.element]).toEqual([64, 'value 0', null]);
    const long = { vr: 'UT', Value: ['x'.repeat(2_000)] };
    expect(await texts({ '0040A160': long }, { attribute: 'TextValue', level: 'instance' })).toEqual([null]);
  });

  it('never answers with a reference to bulkdata', async () => {
    const dataSet = {
      '00082218': {
        vr: 'SQ',
        Value: [{ '00080100': { vr: 'SH', Value: ['a'] }, '00091001': { vr: 'OB', BulkDataURI: '\u0001/bulkdata/x' } }],
      },
    };
    // As the index keeps it, with the mark for the URL of the instance as it is.
    const metadata = deflateRawSync(JSON.stringify(dataSet).replaceAll('\\u0001', '\u0001'));
    const definition = defineAttribute({ attribute: 'AnatomicRegionSequence.CodeValue', level: 'series' });
    const [row] = await attributeValues(metadata, [{ ...definition, id: 1, indexed }]);
    expect([row?.value, row?.element]).toEqual(['a', null]);
  });

  it('finds an attribute behind megabytes of others', async () => {
    const long = { vr: 'UT', Value: ['y'.repeat(3_000_000)] };
    expect(await texts({ '0040A160': long, '00180060': { vr: 'DS', Value: [7] } }, KVP)).toEqual(['7']);
  });
});
