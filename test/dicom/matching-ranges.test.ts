import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRange, type RangeVR } from '../../src/dicom/matching-ranges.js';
import { ArchiveError } from '../../src/errors.js';

const range = (vr: RangeVR, key: string) => {
  const { from, to } = parseRange(vr, key);
  return [from, to];
};

describe('parseRange', () => {
  it.each([
    ['20200229', '20200229', '20200229'],
    ['20200101-20200131', '20200101', '20200131'],
    ['20200101 - 20200131', '20200101', '20200131'],
    ['-20200131', undefined, '20200131'],
    ['20200101-', '20200101', undefined],
    ['20200102-20200101', '20200102', '20200101'],
  ])('MA-08 B24 reads the date key %s', (key, from, to) => {
    expect(range('DA', key)).toEqual([from, to]);
  });

  it.each([
    '2020-04-01',
    '99999999',
    '-',
    '--',
    ' - ',
    '20201340',
    '2020-13-40',
    '20190229',
    '2020',
    '202001',
    '20200101-x',
    'x-20200101',
    '20200101-20200102-20200103',
    '2020.01.01',
    '20200101*',
    '*',
    'today',
    '２０２００１０１',
    '-20200230',
    '20200101-20200230',
  ])('QP-02 B24 refuses the date key %s', (key) => {
    expect(() => parseRange('DA', key)).toThrow(ArchiveError);
  });

  it.each([
    ['10', '100000.000000', '105959.999999'],
    ['1030', '103000.000000', '103059.999999'],
    ['103015', '103015.000000', '103015.999999'],
    ['103015.5', '103015.500000', '103015.599999'],
    ['103015.123456', '103015.123456', '103015.123456'],
    ['10-1130', '100000.000000', '113059.999999'],
    ['-10', undefined, '105959.999999'],
    ['2359-', '235900.000000', undefined],
    ['2200-0600', '220000.000000', '060059.999999'],
    ['10:30-11:30', '103000.000000', '113059.999999'],
    ['235960', '235960.000000', '235960.999999'],
  ])('MA-09 reads the time key %s', (key, from, to) => {
    expect(range('TM', key)).toEqual([from, to]);
  });

  it.each([
    '-',
    '1',
    '24',
    '1060',
    '101061',
    '10-25',
    '101010.1234567',
    '101010.',
    '1010.5',
    '*',
    '10*',
    '10-11-12',
    'noon',
  ])('QP-02 refuses the time key %s', (key) => {
    expect(() => parseRange('TM', key)).toThrow(ArchiveError);
  });

  it.each([
    ['2020', '20200101000000.000000', '20201231235959.999999'],
    ['202002', '20200201000000.000000', '20200229235959.999999'],
    ['20200101', '20200101000000.000000', '20200101235959.999999'],
    ['2020010112-2020010113', '20200101120000.000000', '20200101135959.999999'],
    ['-2020', undefined, '20201231235959.999999'],
    ['2020-', '20200101000000.000000', undefined],
    ['202001011200+0100', '20200101110000.000000', '20200101110059.999999'],
    ['202001011200-0500', '20200101170000.000000', '20200101170059.999999'],
    ['202001010000+1400', '20191231100000.000000', '20191231100059.999999'],
    ['-202001011200-0500', undefined, '20200101170059.999999'],
    ['202001011200-0500-', '20200101170000.000000', undefined],
    ['202001011200-0500-202001011300-0500', '20200101170000.000000', '20200101180059.999999'],
    ['202001011200+0100-202001011300+0100', '20200101110000.000000', '20200101120059.999999'],
    ['202001011200-202001011300-0500', '20200101120000.000000', '20200101180059.999999'],
  ])('MA-11 reads the key of date and time %s', (key, from, to) => {
    expect(range('DT', key)).toEqual([from, to]);
  });

  it('MA-11 takes a hyphen and four digits for an offset where they can be one, else for the end of a range', () => {
    expect(range('DT', '2020-1200')).toEqual(['20200101120000.000000', '20210101115959.999999']);
    expect(range('DT', '2020-2021')).toEqual(['20200101000000.000000', '20211231235959.999999']);
    expect(range('DT', '2020-1260')).toEqual(['20200101000000.000000', '12601231235959.999999']);
  });

  it.each([
    '-',
    '20201301',
    '20200230',
    '2020010124',
    '202001011200+1500',
    '202001011200+0060',
    '20200101120000.1234567',
    '*',
    'x-y',
  ])('QP-02 refuses the key of date and time %s', (key) => {
    expect(() => parseRange('DT', key)).toThrow(ArchiveError);
  });

  it('MA-08 reads every day that exists, alone and in ranges', () => {
    const day = fc
      .date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10).replaceAll('-', ''));
    fc.assert(
      fc.property(day, day, (one, other) => {
        expect(range('DA', one)).toEqual([one, one]);
        expect(range('DA', `${one}-${other}`)).toEqual([one, other]);
        expect(range('DA', `-${other}`)).toEqual([undefined, other]);
      }),
      { numRuns: 500 },
    );
  });

  it('QP-02 reads or refuses any text, and leaves no range without ends', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.array(fc.constantFrom(...'0129-+.: '), { maxLength: 30 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(fc.constantFrom<RangeVR[]>('DA', 'TM', 'DT'), text, (vr, key) => {
        try {
          const { from, to } = parseRange(vr, key);
          expect(from ?? to).toMatch(/^\d+(\.\d{6})?$/);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ArchiveError', code: 'invalid-request' });
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
