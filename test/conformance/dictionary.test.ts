import { expect, it } from 'vitest';
import { allAttributes } from '../../conformance/dicom/dictionary.js';
import { findDictionaryEntry, findTagOfKeyword } from '../../src/dicom/dictionary.js';

it('the attributes of the suite are those of PS3.6', () => {
  expect(allAttributes().length).toBeGreaterThan(100);
  for (const { keyword, tag, vr } of allAttributes()) {
    const number = findTagOfKeyword(keyword);
    const entry = number === undefined ? undefined : findDictionaryEntry(number);
    expect([keyword, number?.toString(16).toUpperCase().padStart(8, '0'), entry?.vr]).toEqual([keyword, tag, vr]);
  }
});
