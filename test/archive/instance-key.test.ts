import { describe, expect, it } from 'vitest';
import { findInstanceKey, instanceKeyOf } from '../../src/archive/instance-key.js';

const IDENTITY = {
  studyInstanceUID: '1.2',
  seriesInstanceUID: '1.2.3',
  sopInstanceUID: '1.2.3.4',
  sopClassUID: '1.2.5',
};
const SHA256 = '0123456789abcdef'.repeat(4);
const AS_SENT = 'fedcba9876543210'.repeat(4);
const CONTENT = { identity: IDENTITY, sha256: SHA256, sha256AsSent: SHA256, generation: 0 };
const KEY = 'studies/1.2/1.2.3/1.2.3.4.0123456789abcdef.dcm';
const DELETED_KEY = 'studies/1.2/1.2.3/1.2.3.4.0123456789abcdef-12.dcm';
const COERCED_KEY = `studies/1.2/1.2.3/1.2.3.4.0123456789abcdef.${AS_SENT}.dcm`;

describe('instanceKeyOf', () => {
  it('names UIDs and the start of the digest, and how often the instance was deleted', () => {
    expect(instanceKeyOf(CONTENT)).toBe(KEY);
    expect(instanceKeyOf({ ...CONTENT, generation: 12 })).toBe(DELETED_KEY);
  });

  it('names the whole digest of what was sent, where something else is kept', () => {
    expect(instanceKeyOf({ ...CONTENT, sha256AsSent: AS_SENT })).toBe(COERCED_KEY);
    expect(instanceKeyOf({ ...CONTENT, sha256AsSent: AS_SENT, generation: 3 })).toBe(
      COERCED_KEY.replace('.dcm', '-3.dcm'),
    );
  });
});

describe('findInstanceKey', () => {
  it('reads back what a name was made of, even one of the longest UIDs', () => {
    const { sopClassUID: _, ...uids } = IDENTITY;
    expect(findInstanceKey(KEY)).toEqual({ ...uids, sha256Start: '0123456789abcdef', generation: 0 });
    expect(findInstanceKey(DELETED_KEY)).toEqual({ ...uids, sha256Start: '0123456789abcdef', generation: 12 });
    const longest = { ...uids, sopInstanceUID: `1.${'9'.repeat(62)}` };
    expect(findInstanceKey(instanceKeyOf({ ...CONTENT, identity: { ...IDENTITY, ...longest } }))).toMatchObject(
      longest,
    );
    const coerced = { ...uids, sha256Start: '0123456789abcdef', sha256AsSent: AS_SENT };
    expect(findInstanceKey(COERCED_KEY)).toEqual({ ...coerced, generation: 0 });
    expect(findInstanceKey(COERCED_KEY.replace('.dcm', '-3.dcm'))).toEqual({ ...coerced, generation: 3 });
  });

  it.each([
    '',
    'studies',
    'studies/1.2/study.json',
    'incoming/1.2/1.2.3/1.2.3.4.0123456789abcdef.dcm',
    'studies/1.2/1.2.3/1.2.3.4.dcm',
    'studies/1.2/1.2.3/1.2.3.4.0123456789ABCDEF.dcm',
    'studies/1.2/1.2.3/1.2.3.4.0123456789abcde.dcm',
    'studies/1.2/1.2.3/1.2.3.4.0123456789abcdef-0.dcm',
    'studies/1.2/1.2.3/1.2.3.4.0123456789abcdef.0123456789abcdef.dcm',
    'studies/1.2/1.2.3/1.2.3.4.0123456789abcdef-.dcm',
    'studies/1.2/1.2.3/1..4.0123456789abcdef.dcm',
    'studies/1.2/../1.2.3.4.0123456789abcdef.dcm',
    'studies/1.2/1.2.3/x/1.2.3.4.0123456789abcdef.dcm',
    'studies/1.2/1.2.3/1.2.3.4.0123456789abcdef.dcm.part',
  ])('finds none in %j', (key) => {
    expect(findInstanceKey(key)).toBeUndefined();
  });
});
