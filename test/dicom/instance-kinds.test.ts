import { describe, expect, it } from 'vitest';
import { type InstanceKind, kindOf } from '../../src/dicom/instance-kinds.js';
import { STORAGE_SOP_CLASSES } from '../../src/dicom/sop-classes.js';

const EXPLICIT = '1.2.840.10008.1.2.1';
const STORAGE = '1.2.840.10008.5.1.4.1.1.';
const kind = (leaf: string, frameCount: number, transferSyntaxUID = EXPLICIT): InstanceKind =>
  kindOf({ sopClassUID: STORAGE + leaf, frameCount, transferSyntaxUID });

describe('kindOf', () => {
  it.each<[string, string, number, InstanceKind]>([
    ['CT', '2', 1, 'image'],
    ['Segmentation', '66.4', 3, 'image'],
    ['RT Dose', '481.2', 15, 'image'],
    ['Comprehensive SR', '88.33', 0, 'report'],
    ['Key Object Selection', '88.59', 0, 'report'],
    ['Encapsulated PDF', '104.1', 0, 'document'],
    ['Encapsulated CDA', '104.2', 0, 'document'],
    ['Encapsulated STL', '104.3', 0, 'document'],
    ['Grayscale Softcopy Presentation State', '11.1', 0, 'presentation-state'],
    ['12-lead ECG', '9.1.1', 0, 'waveform'],
    ['RT Structure Set', '481.3', 0, 'other'],
    ['Raw Data', '66', 0, 'other'],
  ])('knows %s', (_name, leaf, frameCount, expected) => {
    expect(kind(leaf, frameCount)).toBe(expected);
  });

  it('takes for a video what has a code stream of one, whatever its SOP Class', () => {
    expect(kind('77.1.1.1', 1, '1.2.840.10008.1.2.4.102')).toBe('video');
    expect(kind('7.4', 1, '1.2.840.10008.1.2.4.107')).toBe('video');
    expect(kind('77.1.1.1', 30, '1.2.840.10008.1.2.4.50')).toBe('image');
  });

  it('has every SOP Class that says so in the family it says', () => {
    const families: readonly [RegExp, InstanceKind][] = [
      [/ SR Storage|^Key Object|^Procedure Log/, 'report'],
      [/^Encapsulated /, 'document'],
      [/Presentation State Storage$/, 'presentation-state'],
      [/Waveform Storage$|Electro\w+gram/, 'waveform'],
    ];
    for (const [uid, name] of STORAGE_SOP_CLASSES) {
      const expected = families.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
      expect([name, kindOf({ sopClassUID: uid, frameCount: 0, transferSyntaxUID: EXPLICIT })]).toEqual([
        name,
        expected,
      ]);
    }
  });
});
