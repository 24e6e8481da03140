import { describe, expect, it } from 'vitest';
import { findDictionaryEntry, findTagOfKeyword, implicitVR, isSignedAsPixels } from '../../src/dicom/dictionary.js';

describe('findDictionaryEntry', () => {
  it('knows attributes by their tags', () => {
    expect(findDictionaryEntry(0x00100020)).toEqual({ vr: 'LO', vm: '1', keyword: 'PatientID' });
    expect(findDictionaryEntry(0x00400250)?.keyword).toBe('PerformedProcedureStepEndDate');
    expect(findDictionaryEntry(0x00400251)?.vr).toBe('TM');
    expect(findDictionaryEntry(0x00109999)).toBeUndefined();
  });

  it('knows those whose multiplicity is several words, and those without a keyword', () => {
    expect(findDictionaryEntry(0x00283006)).toEqual({ vr: 'US', vm: '1-n or 1', keyword: 'LUTData' });
    expect(findDictionaryEntry(0x00281200)).toEqual({ vr: 'US', vm: '1-n or 1', keyword: 'GrayLookupTableData' });
    expect(findDictionaryEntry(0x00180061)).toEqual({ vr: 'DS', vm: '1', keyword: '' });
  });

  it('knows repeating groups in every group', () => {
    for (const group of [0x6000, 0x6002, 0x601e]) {
      expect(findDictionaryEntry(group * 0x1_0000 + 0x0022)?.keyword).toBe('OverlayDescription');
    }
  });

  it('knows nothing of private groups, though they lie among repeating ones', () => {
    for (const tag of [0x60010022, 0x7fdd0010, 0x50033000, 0x00091001]) {
      expect(findDictionaryEntry(tag)).toBeUndefined();
    }
  });
});

describe('findTagOfKeyword', () => {
  it('finds tags by keywords in their spelling', () => {
    expect(findTagOfKeyword('StudyDate')).toBe(0x00080020);
    expect(findTagOfKeyword('LUTData')).toBe(0x00283006);
    expect(findTagOfKeyword('studydate')).toBeUndefined();
    expect(findTagOfKeyword('or')).toBeUndefined();
  });
});

describe('implicitVR', () => {
  it.each([
    ['an attribute of the standard', 0x00100010, 'PN'],
    ['a group length', 0x00090000, 'UL'],
    ['a Private Creator', 0x00090010, 'LO'],
    ['a Private Creator of a group that lies among repeating ones', 0x7fdd0010, 'LO'],
    ['what is private', 0x00091001, 'UN'],
    ['what nobody knows', 0x00109999, 'UN'],
  ])('gives the VR of %s', (_, tag, vr) => {
    expect(implicitVR(tag)).toBe(vr);
  });
});

describe('isSignedAsPixels', () => {
  it('is true of "US or SS" alone, all of which the dictionary calls US', () => {
    const tags = [0x00280106, 0x00280120, 0x00281101, 0x00283002, 0x00409211, 0x00603004];
    expect(tags.every(isSignedAsPixels)).toBe(true);
    expect(tags.map(implicitVR)).toEqual(tags.map(() => 'US'));
    expect([0x00280010, 0x00281201, 0x00283006].some(isSignedAsPixels)).toBe(false);
  });
});
