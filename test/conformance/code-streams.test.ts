import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRLE, describeCodeStream } from '../../conformance/dicom/code-streams.js';
import { CODE_STREAMS } from '../../conformance/fixtures/code-streams.data.js';
import { encodeRLE } from '../../conformance/fixtures/pixels.js';

describe('describeCodeStream', () => {
  it.each([
    ['jpegBaseline', 'jpeg', false],
    ['jpegExtended', 'jpeg', false],
    ['jpegLossless', 'jpeg', true],
    ['jpegLosslessAny', 'jpeg', true],
    ['jpegLosslessSigned', 'jpeg', true],
    ['jpegLS', 'jpeg-ls', true],
    ['jpegLSSigned', 'jpeg-ls', true],
    ['jpegLSNear', 'jpeg-ls', false],
    ['jpeg2000Lossless', 'jpeg2000', true],
    ['jpeg2000Colour', 'jpeg2000', true],
    ['jpeg2000Lossy', 'jpeg2000', false],
    ['htj2kLossless', 'ht', true],
    ['htj2kRPCL', 'ht', true],
    ['htj2kLossy', 'ht', false],
  ] as const)('tells what %s is', (name, kind, isLossless) => {
    expect(describeCodeStream(CODE_STREAMS[name])).toEqual({ kind, rows: 16, columns: 16, isLossless });
  });

  it.each(['', 'ffd8', 'ff4fff51', '000000206674797069736f6d'])('refuses %s', (hex) => {
    expect(() => describeCodeStream(Buffer.from(hex, 'hex'))).toThrow();
  });
});

describe('decodeRLE', () => {
  it('gives back what encodeRLE was given', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat(255)),
        (columns, rows, levels) => {
          const samples = Buffer.from(Array.from({ length: columns * rows }, () => levels.next().value ?? 0));
          expect(decodeRLE(encodeRLE(samples, { columns }), samples.length)).toEqual(samples);
        },
      ),
    );
  });

  it('decodes runs of both kinds, and passes over what is none', () => {
    const frame = Buffer.alloc(72);
    frame.writeUInt32LE(1, 0);
    frame.writeUInt32LE(64, 4);
    Buffer.from([0xfe, 7, 0x80, 1, 8, 9, 0, 6]).copy(frame, 64);
    expect([...decodeRLE(frame, 6)]).toEqual([7, 7, 7, 8, 9, 6]);
  });

  it('refuses what ends early', () => {
    expect(() => decodeRLE(encodeRLE(Buffer.alloc(16)).subarray(0, 70), 16)).toThrow();
  });
});
