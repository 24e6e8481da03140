import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrivingBytes } from '../../src/dicom/part10-bytes.js';

describe('ArrivingBytes', () => {
  it('gives what has arrived and nothing more', () => {
    const bytes = new ArrivingBytes(1000);
    bytes.write(Buffer.from([1, 2, 3, 4, 5]));
    expect(bytes.has(4)).toBe(true);
    expect(bytes.uint16(1, 'little')).toBe(0x0302);
    expect(bytes.uint32(0, 'big')).toBe(0x01020304);
    expect(bytes.uint8(3)).toBe(4);
    bytes.skip(4);
    expect(bytes.offset).toBe(1004);
    expect(bytes.has(2)).toBe(false);
    expect(bytes.available).toBe(1);
  });

  it('puts together what chunks have torn', () => {
    const bytes = new ArrivingBytes();
    for (const chunk of ['DI', 'C', 'Mrest']) {
      expect(bytes.has(4)).toBe(false);
      bytes.write(Buffer.from(chunk));
    }
    expect(bytes.has(4)).toBe(true);
    expect(bytes.ascii(0, 4)).toBe('DICM');
    expect(bytes.take(4).toString()).toBe('DICM');
    expect(bytes.pass(100).toString()).toBe('rest');
    expect(bytes.pass(100)).toHaveLength(0);
  });

  it('keeps nothing of a chunk that it was lent', () => {
    const bytes = new ArrivingBytes();
    const chunk = Buffer.from('wholetor');
    bytes.write(chunk);
    const whole = bytes.has(5) ? bytes.take(5) : undefined;
    expect(bytes.has(4)).toBe(false);
    chunk.fill(0);
    bytes.write(Buffer.from('n'));
    expect(bytes.has(4)).toBe(true);
    expect([whole?.toString(), bytes.take(4).toString()]).toEqual(['whole', 'torn']);
  });

  it('takes no memory for what was only declared', () => {
    const bytes = new ArrivingBytes();
    bytes.write(Buffer.from('abc'));
    const before = process.memoryUsage().arrayBuffers;
    expect(bytes.has(0xffff_fffe)).toBe(false);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  it('gives the same bytes whatever the chunks and the questions, and earlier ones stay as they were', () => {
    const plan = fc.record({
      content: fc.uint8Array({ maxLength: 2000 }),
      chunks: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 50 }),
      questions: fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.constantFrom('take', 'pass', 'skip')), {
        minLength: 1,
        maxLength: 50,
      }),
    });
    fc.assert(
      fc.property(plan, ({ content, chunks, questions }) => {
        const source = Buffer.from(content);
        const bytes = new ArrivingBytes();
        const taken: { readonly from: number; readonly view: Buffer }[] = [];
        const passed: { readonly from: number; readonly copy: Buffer }[] = [];
        let question = 0;
        const answer = (): boolean => {
          const [count, kind] = questions[question % questions.length] ?? [1, 'take'];
          const from = bytes.offset;
          if (kind !== 'pass' && !bytes.has(count)) return false;
          if (kind === 'skip') bytes.skip(count);
          else if (kind === 'take') taken.push({ from, view: bytes.take(count) });
          else passed.push({ from, copy: Buffer.from(bytes.pass(count)) });
          question += 1;
          return kind !== 'pass' || bytes.offset > from;
        };
        for (let at = 0, index = 0; at < source.length; index += 1) {
          const size = Math.max(1, chunks[index % chunks.length] ?? 1);
          const chunk = Buffer.from(source.subarray(at, at + size));
          at += chunk.length;
          bytes.write(chunk);
          while (answer());
          chunk.fill(0xee);
        }
        for (const { from, view } of taken) expect(view).toEqual(source.subarray(from, from + view.length));
        for (const { from, copy } of passed) expect(copy).toEqual(source.subarray(from, from + copy.length));
      }),
      { numRuns: 300 },
    );
  });
});
