import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataSet } from '../../conformance/dicom/data-set.js';
import { elementsOf, readDataSets, writeDICOMJSON } from '../../conformance/dicom/dicom-json.js';
import { type JSONNode, readJSONText } from '../../conformance/dicom/json-text.js';
import { readNativeModel, writeNativeModel } from '../../conformance/dicom/native-model.js';
import { escapeXML, readXML } from '../../conformance/dicom/xml.js';
import { newRun } from '../../conformance/fixtures/fixture.js';
import { valueFixtures } from '../../conformance/fixtures/values.js';

/** What JSON.parse would give. */
const plain = (node: JSONNode): unknown => {
  if (node.kind === 'object') return Object.fromEntries(node.members.map(([name, value]) => [name, plain(value)]));
  if (node.kind === 'array') return node.items.map(plain);
  if (node.kind === 'string') return node.text;
  return node.kind === 'number' ? Number(node.digits) : JSON.parse(node.word);
};

describe('readJSONText', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.stringify(plain(readJSONText(Buffer.from(text))))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('keeps order, repetition and digits', () => {
    const node = readJSONText(Buffer.from('{"20500020":1.50,"00080005":2,"00080005":12345678901234567890}'));
    expect(node).toEqual({
      kind: 'object',
      members: [
        ['20500020', { kind: 'number', digits: '1.50' }],
        ['00080005', { kind: 'number', digits: '2' }],
        ['00080005', { kind: 'number', digits: '12345678901234567890' }],
      ],
    });
  });

  it.each(['', '[1,]', '{"a" 1}', '{a:1}', '[NaN]', '[01]', '[1] 2', '"\u0001"', '[1', "['x']", '\ufeff[]'])(
    'refuses %j',
    (text) => {
      expect(() => readJSONText(Buffer.from(text))).toThrow();
    },
  );

  it('refuses what is not UTF-8', () => {
    expect(() => readJSONText(Buffer.from('["\xe9"]', 'latin1'))).toThrow();
  });
});

describe('readXML', () => {
  it('reads elements, namespaces, attributes, entities and CDATA', () => {
    const root = readXML(
      Buffer.from(
        '<?xml version="1.0"?><!-- x --><a xmlns="u" xmlns:p="v" b=\'1&amp;2\'><p:c/>t&#65;&#x42;<![CDATA[<]]></a>\n',
      ),
    );
    expect([root.name, root.namespace, root.attributes.get('b'), root.text]).toEqual(['a', 'u', '1&2', 'tAB<']);
    expect(root.children.map(({ name, namespace }) => [name, namespace])).toEqual([['c', 'v']]);
  });

  it('gives back any text that was escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text));
        expect(readXML(Buffer.from(`<a b="${escapeXML(text)}">${escapeXML(text)}</a>`))).toMatchObject({ text });
      }),
    );
  });

  it.each([
    '',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    'x<a/>',
    '<a b="1" b="2"/>',
    '<a>&nbsp;</a>',
    '<a>& </a>',
    '<!DOCTYPE a><a/>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a b=1/>',
  ])('refuses %j', (text) => {
    expect(() => readXML(Buffer.from(text))).toThrow();
  });
});

describe('the models', () => {
  it('are the same data set, written and read', () => {
    for (const { elements, name } of valueFixtures(newRun())) {
      const json = writeDICOMJSON(elements);
      expect(readDataSets(Buffer.from(JSON.stringify([json]))), name).toEqual([json]);
      const { dataSet: xml, faults } = readNativeModel(Buffer.from(writeNativeModel(elements)));
      expect(faults, name).toEqual([]);
      const publicTags = Object.keys(json).filter((tag) => !tag.startsWith('0023'));
      for (const tag of publicTags) {
        const [one, other] = [json[tag], xml[tag]];
        expect(other?.vr, tag).toBe(one?.vr);
        expect(other?.Value?.length, tag).toBe(one?.Value?.length);
      }
    }
  });

  it('write private elements by their creators in XML', () => {
    const [, , , privateFixture] = valueFixtures(newRun());
    const text = writeNativeModel(privateFixture?.elements ?? []);
    expect(text).toContain('<DicomAttribute tag="00230002" vr="LO" privateCreator="AcmeCompany">');
    expect(text).toContain('<DicomAttribute tag="00230002" vr="US" privateCreator="OtherCompany">');
  });

  it.each([
    ['a wrong namespace', (text: string) => text.replace('NativeDICOM"', 'Other"')],
    ['no xml:space', (text: string) => text.replace(' xml:space="preserve"', '')],
    ['a value without number', (text: string) => text.replace(' number="1"', '')],
    ['a number that is wrong', (text: string) => text.replace('number="1"', 'number="2"')],
    ['a wrong keyword', (text: string) => text.replace('keyword="PatientID"', 'keyword="PatientId"')],
    ['a tag in lower case', (text: string) => text.replace('0020000D', '0020000d')],
    ['an unknown element', (text: string) => text.replaceAll('Value', 'Wert')],
  ])('are judged: %s', (_what, change) => {
    const text = change(writeNativeModel(dataSet({ PatientID: 'A', StudyInstanceUID: '1.2' })));
    expect(readNativeModel(Buffer.from(text)).faults.length).toBeGreaterThan(0);
  });

  it('are walked to the elements of their items', () => {
    const set = writeDICOMJSON(dataSet({ ReferencedImageSequence: [dataSet({ CodeValue: 'A' })] }));
    expect([...elementsOf(set)].map(([path]) => path)).toEqual(['00081140', '00081140[1].00080100']);
  });
});

it('the code streams say how they were made', () => {
  expect(readFileSync('conformance/fixtures/code-streams.data.ts', 'utf8')).toMatch(
    /dcmcjpls|opj_compress|ojph_compress/,
  );
});
