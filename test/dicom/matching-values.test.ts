import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateTimeBounds, normaliseDate, normaliseValue, timeBounds } from '../../src/dicom/matching-values.js';
import type { VR } from '../../src/dicom/vr.js';

describe('normaliseValue', () => {
  it.each<[VR, string, string | undefined]>([
    ['DA', '20200101 ', '20200101'],
    ['DA', '2020.01.01', '20200101'],
    ['DA', '20200230', undefined],
    ['DA', '2020', undefined],
    ['TM', '10', '100000.000000'],
    ['TM', '10:30:15', '103015.000000'],
    ['TM', '25', undefined],
    ['DT', '20200101120000+0100', '20200101110000.000000'],
    ['DT', 'x', undefined],
    ['IS', ' 007', '7'],
    ['IS', '-0', '0'],
    ['DS', '1.50', '1.5'],
    ['DS', '1e400', undefined],
    ['DS', '0x1F', undefined],
    ['US', '65535', '65535'],
    ['PN', ' MÜLLER^^', 'muller'],
    ['PN', '^^^', undefined],
    ['LO', '  A  b ', 'A  b'],
    ['UI', '1.2.3', '1.2.3'],
    ['CS', '', undefined],
    ['LO', '   ', undefined],
  ])('of VR %s makes of "%s" %s', (vr, value, expected) => {
    expect(normaliseValue(vr, value)).toBe(expected);
  });

  it('gives the same for what it gave', () => {
    const vr = fc.constantFrom<VR[]>('DA', 'TM', 'DT', 'IS', 'DS', 'PN', 'LO', 'CS', 'UI');
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.array(fc.constantFrom(...'0123456789.:-+e'), { maxLength: 16 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(vr, text, (one, value) => {
        const normalised = normaliseValue(one, value);
        fc.pre(normalised !== undefined);
        expect(normaliseValue(one, normalised)).toBe(normalised);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('normaliseDate', () => {
  it.each(['20000229', '00010101', '99991231', '00000229'])('takes %s', (date) => {
    expect(normaliseDate(date)).toBe(date);
  });

  it.each(['19000229', '20200001', '20200100', '20200431', '2020010', '202001011', '2020-01-01', '2020/01/01', ''])(
    'refuses "%s"',
    (date) => {
      expect(normaliseDate(date)).toBeUndefined();
    },
  );
});

describe('timeBounds', () => {
  it('MA-09 spans what a time that is cut short can mean', () => {
    expect(timeBounds('23')).toEqual({ from: '230000.000000', to: '235959.999999' });
    expect(timeBounds('235959.9')).toEqual({ from: '235959.900000', to: '235959.999999' });
  });
});

describe('dateTimeBounds', () => {
  it.each([
    ['19000229', undefined],
    ['202002', '20200229235959.999999'],
    ['190002', '19000228235959.999999'],
    ['0050', '00501231235959.999999'],
    ['000402', '00040229235959.999999'],
  ])('MA-11 ends %s at %s', (text, to) => {
    expect(dateTimeBounds(text)?.to).toBe(to);
  });

  it('MA-11 stays within four digits of year whatever the offset', () => {
    expect(dateTimeBounds('99991231235959-1200')?.to).toBe('99991231235959.999999');
    expect(dateTimeBounds('00000101000000+1400')?.from).toBe('00000101000000.000000');
  });

  it.each(['+1401', '-1201', '+0060', '+9999', '-2021'])('MA-11 refuses the offset %s', (offset) => {
    expect(dateTimeBounds(`2020010112${offset}`)).toBeUndefined();
  });
});
