import { describe, expect, it } from 'vitest';
import { LITERAL, matches, parseMatch } from '../../src/dicom/matching.js';
import type { VR } from '../../src/dicom/vr.js';
import { ArchiveError } from '../../src/errors.js';

/** Whether the key finds an entity whose attribute has these values. */
const finds = (vr: VR, key: string, ...values: readonly string[]): boolean => matches(parseMatch(vr, key), vr, values);

const refusal = (vr: VR, key: string): unknown => {
  try {
    return parseMatch(vr, key);
  } catch (error) {
    return error instanceof ArchiveError ? error.code : error;
  }
};

const WILDCARD_VRS: readonly VR[] = ['AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT'];
const OTHER_VRS: readonly VR[] = ['DA', 'TM', 'DT', 'UI', 'IS', 'DS', 'US', 'SS', 'UL', 'SL', 'FL', 'FD', 'SV', 'UV'];
const CASE_SENSITIVE_VRS = WILDCARD_VRS.filter((vr) => vr !== 'PN');

describe('parseMatch and matches', () => {
  it.each(CASE_SENSITIVE_VRS)('MA-01 compares a single value of VR %s exactly and with its case', (vr) => {
    expect(finds(vr, 'ABC', 'ABC')).toBe(true);
    expect(finds(vr, 'abc', 'ABC')).toBe(false);
    expect(finds(vr, 'AB', 'ABC')).toBe(false);
    expect(finds(vr, 'ABCD', 'ABC')).toBe(false);
    expect(finds(vr, 'ABC')).toBe(false);
  });

  it.each([
    ['smith*', 'SMITH^ANNA'],
    ['muller*', 'MÜLLER^JOSÉ'],
    ['MÜLLER^josé', 'muller^jose'],
    ['STRASSE', 'Straße'],
  ])('MA-02 finds by the name key %s the name %s, whatever case and accents', (key, name) => {
    expect(finds('PN', key, name)).toBe(true);
  });

  it('MA-02 does not find a name by a part of it', () => {
    expect(finds('PN', 'smith', 'SMITH^ANNA')).toBe(false);
    expect(finds('PN', 'anna', 'SMITH^ANNA')).toBe(false);
  });

  it.each(WILDCARD_VRS)('MA-03 knows * and ? in keys of VR %s', (vr) => {
    expect(finds(vr, 'A*', 'A')).toBe(true);
    expect(finds(vr, 'A*C', 'ABBBC')).toBe(true);
    expect(finds(vr, '*B*', 'ABC')).toBe(true);
    expect(finds(vr, 'A?1', 'AB1')).toBe(true);
    expect(finds(vr, 'A?1', 'A1')).toBe(false);
    expect(finds(vr, 'A?1', 'ABB1')).toBe(false);
    expect(finds(vr, '?', '')).toBe(false);
  });

  it.each(OTHER_VRS)('MA-04 refuses * and ? in keys of VR %s', (vr) => {
    expect(refusal(vr, '1*')).toBe('invalid-request');
    expect(refusal(vr, '?')).toBe('invalid-request');
    expect(refusal(vr, '*')).toBe('invalid-request');
  });

  it('MA-04 refuses wildcards in UIDs', () => {
    expect(refusal('UI', '1.2*')).toBe('invalid-request');
    expect(refusal('UI', '1.2.3,1.2.?')).toBe('invalid-request');
  });

  it.each(WILDCARD_VRS)('MA-05 B25 takes stars alone as universal for VR %s, even where there is no value', (vr) => {
    for (const key of ['*', '**', ' * ']) {
      expect(parseMatch(vr, key)).toEqual({ kind: 'universal' });
      expect(finds(vr, key)).toBe(true);
      expect(finds(vr, key, 'X')).toBe(true);
    }
  });

  it.each(['=', '==', '*=*', '=*=', '*=*=*', ' * = * '])('MA-05 MA-17 takes the name key "%s" as universal', (key) => {
    expect(parseMatch('PN', key)).toEqual({ kind: 'universal' });
  });

  it.each([...WILDCARD_VRS, ...OTHER_VRS, 'SQ'] as const)('MA-06 takes an empty key of VR %s as universal', (vr) => {
    expect(parseMatch(vr, '')).toEqual({ kind: 'universal' });
    expect(parseMatch(vr, '   ')).toEqual({ kind: 'universal' });
    expect(finds(vr, '')).toBe(true);
  });

  it.each(['1.2,1.3', '1.2\\1.3', '1.2, 1.3 ', '1.2,1.3,1.2'])('MA-07 finds each UID of the list "%s"', (key) => {
    expect(parseMatch('UI', key)).toEqual({ kind: 'any-of', values: ['1.2', '1.3'] });
    expect(finds('UI', key, '1.2')).toBe(true);
    expect(finds('UI', key, '1.3')).toBe(true);
    expect(finds('UI', key, '1.4')).toBe(false);
  });

  it.each([',', '1.2,', '1.2,,1.3', '1..2', '.1', '1.2.', 'abc', `1.${'2'.repeat(63)}`, '1.2 1.3'])(
    'MA-07 QP-13 refuses the UIDs "%s"',
    (key) => {
      expect(refusal('UI', key)).toBe('invalid-request');
    },
  );

  it('MA-07 takes 1,024 UIDs of full length and no more of any length', () => {
    const uid = `1.${'2'.repeat(58)}`;
    const list = Array.from({ length: 1024 }, (_, i) => `${uid}${1000 + i}`).join(',');
    expect(parseMatch('UI', list)).toMatchObject({ kind: 'any-of', values: { length: 1024 } });
    expect(refusal('UI', '1,'.repeat(1024).concat('1'))).toBe('invalid-request');
  });

  it('MA-08 finds days in an inclusive range', () => {
    const key = '20200101-20200131';
    expect(finds('DA', key, '20191231')).toBe(false);
    expect(finds('DA', key, '20200101')).toBe(true);
    expect(finds('DA', key, '20200131')).toBe(true);
    expect(finds('DA', key, '20200201')).toBe(false);
  });

  it('MA-08 finds days in a range open at one end', () => {
    expect(finds('DA', '-20200101', '20200101')).toBe(true);
    expect(finds('DA', '-20200101', '19000101')).toBe(true);
    expect(finds('DA', '-20200101', '20200102')).toBe(false);
    expect(finds('DA', '20200101-', '20200101')).toBe(true);
    expect(finds('DA', '20200101-', '29991231')).toBe(true);
    expect(finds('DA', '20200101-', '20191231')).toBe(false);
  });

  it('MA-08 finds no entity without a date, or with one that is none', () => {
    expect(finds('DA', '-20200101')).toBe(false);
    expect(finds('DA', '-20200101', '')).toBe(false);
    expect(finds('DA', '-20200101', 'unknown')).toBe(false);
    expect(finds('DA', '-20200301', '20200230')).toBe(false);
  });

  it('MA-09 finds times by any precision of key and value', () => {
    expect(finds('TM', '10-1130', '101500.123456')).toBe(true);
    expect(finds('TM', '10-1130', '113059.999999')).toBe(true);
    expect(finds('TM', '10-1130', '1131')).toBe(false);
    expect(finds('TM', '10', '1059')).toBe(true);
    expect(finds('TM', '1000', '10')).toBe(true);
    expect(finds('TM', '100001', '10')).toBe(false);
  });

  it('MA-09 does not cross midnight', () => {
    expect(finds('TM', '2200-0600', '230000')).toBe(false);
    expect(finds('TM', '2200-0600', '030000')).toBe(false);
  });

  it('MA-14 finds a value among several', () => {
    expect(finds('CS', 'CT', 'SR', 'CT')).toBe(true);
    expect(finds('CS', 'C*', 'SR', 'CT')).toBe(true);
    expect(finds('CS', 'MR', 'SR', 'CT')).toBe(false);
    expect(finds('DA', '20200101-', '19990101', '20200101')).toBe(true);
    expect(finds('PN', 'doe*', 'SMITH', 'DOE')).toBe(true);
  });

  it.each(['CT,MR', 'CT\\MR', 'CT, MR'])('MA-15 AMB-14 takes the codes "%s" as alternatives', (key) => {
    expect(finds('CS', key, 'CT')).toBe(true);
    expect(finds('CS', key, 'MR')).toBe(true);
    expect(finds('CS', key, 'SR', 'MR')).toBe(true);
    expect(finds('CS', key, 'SR')).toBe(false);
  });

  it.each(['LO', 'SH', 'AE'] as const)('AMB-14 takes commas and backslashes in a key of VR %s literally', (vr) => {
    expect(finds(vr, 'a,b', 'a,b')).toBe(true);
    expect(finds(vr, 'a,b', 'a')).toBe(false);
    expect(finds(vr, 'a\\b', 'a')).toBe(false);
  });

  it.each(['007', ' 7', '+7', '7', '7 '])('MA-16 compares numbers as numbers: 7 finds "%s"', (value) => {
    expect(finds('IS', '7', value)).toBe(true);
    expect(finds('IS', value, '7')).toBe(true);
  });

  it('MA-16 compares decimal numbers as numbers', () => {
    expect(finds('DS', '1.5', '1.50')).toBe(true);
    expect(finds('DS', '15e-1', '+01.5')).toBe(true);
    expect(finds('DS', '-0', '0')).toBe(true);
    expect(finds('IS', '7', '70')).toBe(false);
  });

  it.each(['abc', '1-5', '0x10', '1e999', 'Infinity', 'NaN', '1,2', '1\\2', '--1'])(
    'QP-02 refuses the number "%s"',
    (key) => {
      expect(refusal('IS', key)).toBe('invalid-request');
    },
  );

  it('MA-18 passes over spaces around key and value', () => {
    expect(finds('LO', ' ABC ', 'ABC')).toBe(true);
    expect(finds('LO', 'ABC', '  ABC ')).toBe(true);
    expect(finds('LO', 'A BC', 'A BC')).toBe(true);
    expect(finds('LO', 'ABC', 'A BC')).toBe(false);
  });

  it.each(['50%', 'A_B', "O'Hara", 'A\\B', '[a-z]', '{x}', '^$.|+()', '"', "' OR 1=1 --"])(
    'MA-19 takes %s in a key literally',
    (text) => {
      expect(finds('LO', text, text)).toBe(true);
      expect(finds('LO', `*${text}*`, `x${text}y`)).toBe(true);
      expect(finds('LO', text, `${text}x`)).toBe(false);
    },
  );

  it('MA-19 does not take % and _ as wildcards', () => {
    expect(finds('LO', '50%', '500')).toBe(false);
    expect(finds('LO', 'A_B', 'AXB')).toBe(false);
    expect(finds('LO', 'A_*', 'AXB')).toBe(false);
  });

  it('takes an empty value quoted as two quotes literally', () => {
    expect(finds('SH', '""', '')).toBe(false);
    expect(finds('SH', '""', '""')).toBe(true);
  });

  it.each(['a\0b', 'a\nb', 'a\x1b$Bb', 'a\x7f', '\t'])('QP-13 refuses control characters: %j', (key) => {
    expect(refusal('LO', key)).toBe('invalid-request');
  });

  it('B25 refuses a key that is longer than any value', () => {
    expect(refusal('PN', '*'.repeat(10_000))).toBe('invalid-request');
    expect(refusal('LO', 'a'.repeat(1025))).toBe('invalid-request');
    expect(finds('LO', 'a'.repeat(1024), 'a'.repeat(1024))).toBe(true);
  });

  it('refuses a text as the key of a sequence', () => {
    expect(refusal('SQ', 'x')).toBe('invalid-request');
    expect(refusal('SQ', '*')).toBe('invalid-request');
  });
});

describe('ways of matching that are asked for', () => {
  const findsBy = (way: keyof typeof LITERAL, vr: VR, key: string, ...values: readonly string[]): boolean =>
    matches(parseMatch(vr, key, { ...LITERAL, [way]: true }), vr, values);

  it.each(['LO', 'PN', 'CS', 'DA', 'TM', 'IS', 'UI', 'DT'] as const)(
    'QD-10 finds by "" an attribute of VR %s that is absent or empty',
    (vr) => {
      expect(findsBy('emptyValues', vr, '""')).toBe(true);
      expect(findsBy('emptyValues', vr, ' "" ', '')).toBe(true);
      expect(findsBy('emptyValues', vr, '""', ' ')).toBe(true);
      const value = vr === 'TM' ? '1015' : '20200101';
      expect(findsBy('emptyValues', vr, '""', value)).toBe(false);
      expect(findsBy('emptyValues', vr, '""', '', value)).toBe(false);
    },
  );

  it('QD-10 takes "" for itself when empty values are not asked for', () => {
    expect(finds('LO', '""', '')).toBe(false);
    expect(finds('LO', '""', '""')).toBe(true);
    expect(refusal('DA', '""')).toBe('invalid-request');
  });

  it('QD-10 knows a name that is empty in all component groups', () => {
    expect(findsBy('emptyValues', 'PN', '""', '^^==')).toBe(true);
    expect(findsBy('emptyValues', 'PN', '""', '=王')).toBe(false);
  });

  it.each(['AE', 'AS', 'AT', 'CS', 'LO', 'PN', 'SH', 'UC'] as const)(
    'QD-11 finds attributes of VR %s that have all values, in any order',
    (vr) => {
      expect(findsBy('multipleValues', vr, 'A\\B', 'B', 'C', 'A')).toBe(true);
      expect(findsBy('multipleValues', vr, ' A \\\\A', 'A')).toBe(true);
      expect(findsBy('multipleValues', vr, 'A\\B', 'A')).toBe(false);
      expect(findsBy('multipleValues', vr, 'A\\B')).toBe(false);
      expect(findsBy('multipleValues', vr, 'A', 'B', 'A')).toBe(true);
      expect(findsBy('multipleValues', vr, '\\', 'C')).toBe(true);
    },
  );

  it('QD-11 refuses wildcards among several values', () => {
    expect(() => parseMatch('CS', 'A*\\B', { ...LITERAL, multipleValues: true })).toThrow(ArchiveError);
  });

  it('QD-11 leaves lists of UIDs what they are', () => {
    expect(findsBy('multipleValues', 'UI', '1.2\\1.3', '1.3')).toBe(true);
  });

  it('QD-09 QD-11 joins both ways for names', () => {
    const match = parseMatch('PN', 'anna smith\\jo', { fuzzy: true, emptyValues: false, multipleValues: true });
    expect(matches(match, 'PN', ['JONES^JOHN', 'SMITH^ANNA'])).toBe(true);
    expect(matches(match, 'PN', ['SMITH^ANNA'])).toBe(false);
  });
});
