/** What the faults of an instance in JSON or XML may cost, however many there are. PS3.18 §10.5.1.4 */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { readJSON, readXML } from '../support/sent-instance.js';

const made = vi.hoisted(() => ({ count: 0 }));

vi.mock(import('../../src/dicom/failure-reasons.js'), async (importOriginal) => {
  const original = await importOriginal();
  class InvalidInstance extends original.InvalidInstance {
    constructor(...all: ConstructorParameters<typeof original.InvalidInstance>) {
      super(...all);
      made.count += 1;
    }
  }
  const { cannotUnderstand, outOfResources } = original.FAILURE_REASON;
  return {
    ...original,
    InvalidInstance,
    cannotUnderstand: (message: string) => new InvalidInstance(cannotUnderstand, message),
    outOfResources: (message: string) => new InvalidInstance(outOfResources, message),
  };
});

const COUNT = 5_000;
const UID = '"00080018":{"vr":"UI","Value":["1.2"]}';
const native = (content: string): string => `<NativeDicomModel>${content}</NativeDicomModel>`;

describe('an instance that is nothing but faults', () => {
  beforeEach(() => {
    made.count = 0;
  });

  it.each([
    ['elements of XML that do not belong there', readXML, native('<a/>'.repeat(COUNT)), 1],
    [
      'an attribute of XML again and again',
      readXML,
      native('<DicomAttribute tag="00080018" vr="UI"/>'.repeat(COUNT)),
      10,
    ],
    ['members of JSON that are no tags', readJSON, `{${'"a":1,'.repeat(COUNT)}"a":1}`, 1],
    ['attributes of JSON without vr', readJSON, `{${'"00080018":{},'.repeat(COUNT)}"a":1}`, 1],
    [
      'values of JSON that its vr can not have',
      readJSON,
      `{"00080018":{"vr":"UI","Value":[${'{},'.repeat(COUNT)}{}]}}`,
      10,
    ],
    [
      'items beyond those of any instance',
      readJSON,
      `{"00081140":{"vr":"SQ","Value":[${'{},'.repeat(110_000)}{}]}}`,
      1,
    ],
  ])('SW-33 is refused with few errors made of it: %s', (_, read, text, most) => {
    const [instance] = read(text);
    expect(instance?.failure).toBeDefined();
    expect(made.count).toBeLessThanOrEqual(most);
  });

  it('is still known by what stands before its faults, and told by the first of them', () => {
    const [instance] = readJSON(`{${UID},"a":1,${'"00080018":{"vr":"UI"},'.repeat(COUNT)}"00100020":{"vr":"LO"}}`);
    expect(instance?.dataSet.elements.map(({ tag }) => tag)).toEqual([0x00080018]);
    expect(instance?.failure?.reason).toBe(FAILURE_REASON.cannotUnderstand);
    expect(instance?.failure?.message).toContain('a name that is no tag');
  });
});
