/** What must be true of single hostile files beyond how they were answered. */
import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import type { OpenToAll } from './real-files.js';
import { get, getJSON, type JSONDataSet, type SentFile, textOf } from './stored-files.js';

export interface CheckedFile extends OpenToAll {
  readonly sent: SentFile;
  /** Where the instance is; '' when it was refused. */
  readonly path: string;
  /** As given back; empty when it was refused. */
  readonly stored: Buffer;
  readonly metadata: JSONDataSet;
  readonly metadataText: string;
}

type Check = (checked: CheckedFile) => Promise<void> | void;

const STUDY_DESCRIPTION = '00081030';
const PATIENT_NAME = '00100010';
const PATIENT_ID = '00100020';
const TEXT_VALUE = '0040A160';

const search = ({ archive, curatorToken }: CheckedFile, query: string): Promise<readonly JSONDataSet[]> =>
  getJSON(archive, curatorToken, `/studies?${query}`);

/** The studies a query finds, by their UIDs. */
const found = async (checked: CheckedFile, query: string): Promise<readonly string[]> =>
  (await search(checked, query)).map((study) => textOf(study, '0020000D'));

const studyOf = (checked: CheckedFile): string => textOf(checked.metadata, '0020000D');

const tells =
  (name: string, value: string): Check =>
  ({ metadata }) =>
    expect(textOf(metadata, name)).toBe(value);

const isFoundByPatientID =
  (patientID: string): Check =>
  async (checked) => {
    expect(textOf(checked.metadata, PATIENT_ID)).toBe(patientID);
    expect(await found(checked, `PatientID=${encodeURIComponent(patientID)}`)).toContain(studyOf(checked));
  };

/** No name on disk but those the archive gives. */
const leavesNoStrayFile: Check = ({ archive }) => {
  const names = readdirSync(archive.folder, { recursive: true, encoding: 'utf8' });
  const strays = names.filter((name) => !/^(?:incoming|keys|index\.sqlite|server\.lock|studies)(?:$|[-/])/.test(name));
  expect(strays).toEqual([]);
  expect(names.filter((name) => /pwned|__proto__|\.\.|%|\\|'/.test(name))).toEqual([]);
  expect(names.filter((name) => name.startsWith('incoming/'))).toEqual([]);
};

const answersWithoutItsUID: Check = ({ sent }) => expect(sent.text).not.toMatch(/pwned|__proto__|\.\.|%2e|DROP|\\\\/);

/** A preamble that is a program or a name never leaves, and no browser takes the file for anything else. */
const isServedHarmless: Check = async ({ archive, curatorToken, path, stored }) => {
  expect(stored.subarray(0, 128)).toEqual(Buffer.alloc(128));
  const { headers } = await get(archive, curatorToken, path, 'application/dicom; transfer-syntax=*');
  expect(headers.get('content-type')).toMatch(/^application\/dicom;/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-disposition')).toMatch(/^attachment;/);
};

const isJSONToBrowsers: Check = async ({ archive, curatorToken, path }) => {
  for (const each of [`${path}/metadata`, '/studies', '/instances']) {
    const { headers } = await get(archive, curatorToken, each, '*/*');
    expect(headers.get('content-type')).not.toContain('html');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
};

const rows = (from: number, to: number, ...checks: readonly Check[]): [string, readonly Check[]][] =>
  Array.from({ length: to - from + 1 }, (_, index) => [String(from + index).padStart(3, '0'), checks]);

/** By the number of the row. */
export const CHECKS: ReadonlyMap<string, readonly Check[]> = new Map<string, readonly Check[]>([
  ['008', [tells(STUDY_DESCRIPTION, 'Thorax – Überprüfung 胸部')]],
  ...rows(21, 28, isServedHarmless),
  ['036', [({ sent }) => expect(sent.text).not.toContain('X-Evil')]],
  [
    '039',
    [
      ({ stored }) =>
        expect(stored.subarray(0, 400).toString('latin1')).not.toMatch(/\x02\0(?:\x16|\x17|\x18|\x02\x01)\0/),
      leavesNoStrayFile,
    ],
  ],
  ['053', [({ metadata }) => expect(metadata).not.toHaveProperty('00080000')]],
  ['067', [leavesNoStrayFile]],
  ...rows(81, 110, leavesNoStrayFile, answersWithoutItsUID),
  [
    '111',
    [
      async (checked) => {
        const byUID = (uid: string) =>
          getJSON(checked.archive, checked.curatorToken, `/instances?SOPInstanceUID=${uid}`);
        expect(await byUID('1.2.826.0.1.3680043.10.9999.007')).toHaveLength(1);
        expect(await byUID('1.2.826.0.1.3680043.10.9999.7')).toHaveLength(0);
      },
    ],
  ],
  [
    '135',
    [
      async (checked) => {
        const uri = checked.metadata[TEXT_VALUE]?.BulkDataURI ?? '';
        const path = uri.slice(checked.archive.base.length);
        const value = await get(checked.archive, checked.curatorToken, path, 'application/octet-stream');
        const bytes = Buffer.from(await value.arrayBuffer());
        expect(bytes.equals(Buffer.alloc(16 << 20, 0x42))).toBe(true);
        expect(checked.metadataText.length).toBeLessThan(10_000);
      },
    ],
  ],
  ['137', [tells(STUDY_DESCRIPTION, '"},{"x":1}\u2028\u2029\ufeff\u007f'), tells('0008103E', '</script><!--')]],
  [
    '138',
    [
      ({ metadata }) => expect(textOf(metadata, STUDY_DESCRIPTION)).toMatch(/^a\ufffd+b$/),
      ({ stored }) => expect(stored.includes(Buffer.from([0x61, 0xed, 0xa0, 0x80, 0xc0, 0xaf, 0xff, 0x62]))).toBe(true),
    ],
  ],
  ['139', [tells('00080005', 'ISO_IR 192')]],
  ['142', [tells('00080005', 'ISO_IR 192')]],
  [
    '143',
    [
      tells(STUDY_DESCRIPTION, '<img src=x onerror=alert(1)>'),
      // The `=` parts component groups, in a name like any other.
      ({ metadata }) =>
        expect(metadata[PATIENT_NAME]?.Value).toEqual([{ Alphabetic: '<svg/onload', Ideographic: 'alert(1)>' }]),
      isJSONToBrowsers,
    ],
  ],
  ['145', [isFoundByPatientID("'; DROP TABLE studies;--")]],
  [
    '146',
    [
      isFoundByPatientID('%_[a]'),
      async (checked) => {
        for (const literal of ['%25', '_____', '%25_%5Ba%25']) {
          expect(await found(checked, `PatientID=${literal}`)).not.toContain(studyOf(checked));
        }
        expect(await found(checked, 'PatientID=%25*')).toContain(studyOf(checked));
      },
    ],
  ],
  ['147', [isFoundByPatientID("=cmd|'/c calc'!A1")]],
  ['148', [isFoundByPatientID('__proto__'), () => expect(Object.keys(Object.prototype)).toEqual([])]],
  [
    '149',
    [
      ({ metadata }) => {
        expect(['NaN', '']).toContain(textOf(metadata, '00180050'));
        expect(['1e999', '']).toContain(textOf(metadata, '00200013'));
      },
    ],
  ],
  ['150', [({ metadata }) => expect(metadata['00189073']?.Value).toEqual(['NaN', 'Infinity', '-Infinity'])]],
  [
    '151',
    [
      ({ metadataText }) => {
        expect(metadataText).toContain('-9007199254740993');
        expect(metadataText).toContain('18446744073709551615');
      },
    ],
  ],
  [
    '152',
    [
      async (checked) => {
        for (const range of ['19000101-29991231', '19000101-', '-20991231']) {
          expect(await found(checked, `StudyDate=${range}`)).not.toContain(studyOf(checked));
        }
      },
    ],
  ],
]);
