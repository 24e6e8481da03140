import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laterDay, laterTime, offsetMinutes } from '../../src/dicom/timezones.js';

describe('offsetMinutes', () => {
  it.each([
    ['+0000', 0],
    ['+0100', 60],
    ['-0530', -330],
    ['+1400', 840],
    ['-1200', -720],
  ])('reads %s', (text, minutes) => {
    expect(offsetMinutes(text)).toBe(minutes);
  });

  it.each(['', '0100', '+1', '+0160', '+1415', '-1230', '+01:00', 'Z', ' +0100', '+0100 '])('refuses "%s"', (text) => {
    expect(offsetMinutes(text)).toBeUndefined();
  });
});

describe('laterTime', () => {
  it.each([
    ['101500.123456', 60, '111500.123456'],
    ['233000.000000', 45, '001500.000000'],
    ['003000.000000', -45, '234500.000000'],
    ['120000.000000', -36 * 60, '000000.000000'],
  ])('moves %s by %i minutes', (time, minutes, expected) => {
    expect(laterTime(time, minutes)).toBe(expected);
  });

  it('comes back by the same way', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1439 }), fc.integer({ min: -2000, max: 2000 }), (minute, by) => {
        const time = laterTime('000012.500000', minute);
        expect(laterTime(laterTime(time, by), -by)).toBe(time);
      }),
    );
  });
});

describe('laterDay', () => {
  it.each([
    ['20200229', 1, '20200301'],
    ['20200101', -1, '20191231'],
    ['00010101', -1, '00001231'],
    ['00000101', -1, '00000101'],
    ['99991231', 1, '99991231'],
  ])('moves %s by %i days', (date, days, expected) => {
    expect(laterDay(date, days)).toBe(expected);
  });
});
