import { once } from 'node:events';
import { createServer } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMediaType } from '../../src/dicomweb/media-type.js';
import { boundaryOf, type MultipartLimits, readMultipart } from '../../src/dicomweb/multipart-reader.js';
import { closing, newBoundary, partHead } from '../../src/dicomweb/multipart-writer.js';
import { ArchiveError } from '../../src/errors.js';

interface ReadPart {
  readonly headers: Record<string, string>;
  readonly body: string;
}

const invalidRequest = expect.objectContaining({ name: 'ArchiveError', code: 'invalid-request' });

async function* chunksOf(body: Buffer, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += sizeBytes) yield body.subarray(at, at + sizeBytes);
}

async function* arriving(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Read all parts, or those before the first error, which is given instead of thrown. */
async function readParts(source: AsyncIterable<Buffer>, boundary: string, limits?: Partial<MultipartLimits>) {
  const parts: ReadPart[] = [];
  try {
    for await (const part of readMultipart(source, { boundary, ...(limits && { limits }) })) {
      const pieces: Buffer[] = [];
      for await (const piece of part.body) pieces.push(piece);
      parts.push({ headers: Object.fromEntries(part.headers), body: Buffer.concat(pieces).toString('latin1') });
    }
    return { parts, error: undefined };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { parts, error: error.code };
  }
}

const readText = (text: string, limits?: Partial<MultipartLimits>) => readParts(arriving([bytes(text)]), 'B', limits);

async function bodiesOf(text: string): Promise<readonly string[]> {
  const { parts, error } = await readText(text);
  expect(error).toBeUndefined();
  return parts.map((part) => part.body);
}

describe('boundaryOf', () => {
  const boundaryIn = (contentType: string): string => {
    const mediaType = parseMediaType(contentType);
    if (!mediaType) throw new Error('The test has no media type.');
    return boundaryOf(mediaType);
  };

  it.each([
    ['quoted', 'multipart/related; type="application/dicom"; boundary="a b?c"', 'a b?c'],
    ['unquoted', 'multipart/related; boundary=abc; type=application/dicom', 'abc'],
    ['B8 without a type', 'multipart/related; boundary=abc', 'abc'],
    ['of all lawful characters', 'multipart/related; boundary="09azAZ\'()+_,-./:=?"', "09azAZ'()+_,-./:=?"],
    ['of one character', 'multipart/related; boundary=-', '-'],
    ['of 70 characters', `multipart/related; boundary=${'x'.repeat(70)}`, 'x'.repeat(70)],
    ['of 73 characters, as Orthanc sends', `multipart/related; boundary=${'x'.repeat(73)}`, 'x'.repeat(73)],
    ['of 256 characters', `multipart/related; boundary=${'x'.repeat(256)}`, 'x'.repeat(256)],
  ])('SW-04 gives a boundary %s', (_case, contentType, expected) => {
    expect(boundaryIn(contentType)).toBe(expected);
  });

  it.each([
    ['missing', 'multipart/related; type="application/dicom"'],
    ['empty', 'multipart/related; boundary='],
    ['empty in quotes', 'multipart/related; boundary=""'],
    ['too long', `multipart/related; boundary=${'x'.repeat(257)}`],
    ['ending with a space', 'multipart/related; boundary="abc "'],
    ['with a control character', 'multipart/related; boundary="a\rb"'],
    ['with an asterisk', 'multipart/related; boundary="a*b"'],
    ['not ASCII', 'multipart/related; boundary="ä"'],
    ['given twice', 'multipart/related; boundary=a; boundary=b'],
  ])('B7, SW-06 throws on a boundary that is %s', (_case, contentType) => {
    expect(() => boundaryIn(contentType)).toThrow(invalidRequest);
  });
});

describe('readMultipart', () => {
  it('gives each part with its own header fields', async () => {
    const body =
      '--B\r\nContent-Type: application/dicom; transfer-syntax=1.2\r\nX-Long:  a:b \r\n\r\none\r\n' +
      '--B\r\ncontent-type:image/jls\r\nContent-Location: x/y\r\n\r\ntwo\r\n--B--';
    expect(await readText(body)).toEqual({
      parts: [
        { headers: { 'content-type': 'application/dicom; transfer-syntax=1.2', 'x-long': 'a:b' }, body: 'one' },
        { headers: { 'content-type': 'image/jls', 'content-location': 'x/y' }, body: 'two' },
      ],
      error: undefined,
    });
  });

  it('parses the Content-Type of a part', async () => {
    const types: (string | undefined)[] = [];
    const body =
      '--B\r\nContent-Type: Application/DICOM; x=1\r\n\r\n\r\n--B\r\nContent-Type: junk\r\n\r\n\r\n--B\r\n\r\n\r\n--B--';
    for await (const part of readMultipart(arriving([bytes(body)]), { boundary: 'B' })) {
      types.push(part.contentType?.essence);
    }
    expect(types).toEqual(['application/dicom', undefined, undefined]);
  });

  describe('delimiters', () => {
    it.each([
      ['the body of dicomweb-client', '\r\n--B\r\nContent-Type: application/dicom\r\n\r\ndata\r\n--B--', ['data']],
      ['SW-05 a line end after the closing delimiter', '--B\r\n\r\ndata\r\n--B--\r\n', ['data']],
      ['SW-05, B12 a preamble', 'This is MIME.\r\n\r\nIgnore it.\r\n--B\r\n\r\ndata\r\n--B--', ['data']],
      ['SW-05, B12 an epilogue', '--B\r\n\r\ndata\r\n--B--\r\n--B\r\n\r\nmore\r\n--B--', ['data']],
      ['SW-05, B12 white space after the boundary', '--B \t\r\n\r\none\r\n--B\t\r\n\r\ntwo\r\n--B-- ', ['one', 'two']],
      ['a part without header fields', '--B\r\n\r\ndata\r\n--B--', ['data']],
      ['an empty part', '--B\r\n\r\n\r\n--B--', ['']],
      ['an empty part whose blank line ends it', '--B\r\nA: b\r\n\r\n--B--', ['']],
      ['a part of one line end', '--B\r\n\r\n\r\n\r\n--B--', ['\r\n']],
      ['B5 a body that is closed at once', '--B--', []],
      ['B5 a body of preamble and epilogue only', 'x\r\n--B--\r\ny', []],
    ])('reads %s', async (_case, body, expected) => {
      expect(await bodiesOf(body)).toEqual(expected);
    });

    it.each([
      ['the boundary not at a line start', 'x--B\r\n'],
      ['the closing boundary not at a line start', 'x--B--\r\n'],
      ['the boundary after a lone line feed', 'x\n--B\r\n'],
      ['the boundary after a lone carriage return', 'x\r--B\r\n'],
      ['the start of a longer word', '\r\n--Bxyz\r\n'],
      ['the start of a longer word after white space', '\r\n--B x\r\n'],
      ['a single hyphen after the boundary', '\r\n--B-\r\n'],
      ['a carriage return without line feed', '\r\n--B\rx'],
      ['the boundary with one hyphen', '\r\n-B\r\n'],
      ['the boundary in another case', '\r\n--b\r\n'],
      ['endless white space after the boundary', `\r\n--B${' '.repeat(300)}\r\n`],
      ['repeated starts of a delimiter', '\r\r\n\r\n-\r\n--\r\n--\r\n--'],
    ])('B11 takes for data: %s', async (_case, data) => {
      for (const payload of [data, `${data}end`, `start${data}end`, data.repeat(3)]) {
        expect(await bodiesOf(`--B\r\n\r\n${payload}\r\n--B\r\n\r\nnext\r\n--B--`)).toEqual([payload, 'next']);
      }
    });

    it.each([
      ['between all lines', '--B\nContent-Type: a/b\n\ndata\n--B--\n'],
      ['after the first boundary', '--B\n\r\ndata\r\n--B--'],
      ['after a later boundary', '--B\r\n\r\ndata\r\n--B \n\r\ndata\r\n--B--'],
      ['between header fields', '--B\r\nA: b\nC: d\r\n\r\ndata\r\n--B--'],
      ['instead of the blank line', '--B\r\nA: b\r\n\ndata\r\n--B--'],
    ])('B12 refuses lone line feeds %s', async (_case, body) => {
      expect((await readText(body)).error).toBe('invalid-request');
    });

    it('finds the longest lawful boundary across any chunks', async () => {
      const boundary = '-'.repeat(255).concat('x');
      const body = bytes(`--${boundary}\r\n\r\n--\r\n--${'-'.repeat(254)}\r\n--${boundary}--`);
      for (const sizeBytes of [1, 2, 3, 100, 256, 257, 258, 259]) {
        const { parts } = await readParts(chunksOf(body, sizeBytes), boundary);
        expect(parts.map((part) => part.body)).toEqual([`--\r\n--${'-'.repeat(254)}`]);
      }
    });
  });

  describe('truncated bodies', () => {
    const whole = '--B\r\nA: b\r\n\r\none\r\n--B\r\nA: c\r\n\r\ntwo\r\n--B--';

    it('SW-07, B10 never gives the unterminated last part as whole, wherever the body ends', async () => {
      for (let end = 0; end < whole.length; end++) {
        const { parts, error } = await readText(whole.slice(0, end));
        expect(error).toBe('invalid-request');
        expect(parts.map((part) => part.body)).toEqual(end < '--B\r\nA: b\r\n\r\none\r\n--B\r\n'.length ? [] : ['one']);
      }
    });

    it('SW-07 throws from the body, after the bytes that did arrive, and again when the next part is asked for', async () => {
      const iterator = readMultipart(arriving([bytes(whole.slice(0, -4))]), { boundary: 'B' });
      expect((await iterator.next()).done).toBe(false);
      const second = await iterator.next();
      if (second.done === true) throw new Error('The second part is missing.');
      const pieces: string[] = [];
      const reading = (async () => {
        for await (const piece of second.value.body) pieces.push(piece.toString());
      })();
      await expect(reading).rejects.toEqual(invalidRequest);
      expect(pieces).toEqual(['two']);
      await expect(iterator.next()).rejects.toEqual(invalidRequest);
    });

    it('SW-07 throws when the unterminated part is left unread', async () => {
      const iterator = readMultipart(arriving([bytes(whole.slice(0, -4))]), { boundary: 'B' });
      await iterator.next();
      await iterator.next();
      await expect(iterator.next()).rejects.toEqual(invalidRequest);
    });

    it.each([
      ['an empty body', ''],
      ['another boundary', '--C\r\n\r\ndata\r\n--C--'],
      ['no boundary at all', 'DICM'.repeat(1000)],
    ])('SW-13 refuses %s', async (_case, body) => {
      expect(await readText(body)).toEqual({ parts: [], error: 'invalid-request' });
    });
  });

  describe('header fields', () => {
    const withHeader = (block: string) => readText(`--B\r\n${block}\r\n\r\ndata\r\n--B--`);

    it.each([
      ['a folded line', 'A: b\r\n c'],
      ['a folded first line', ' A: b'],
      ['a duplicate', 'A: b\r\nA: b'],
      ['a duplicate in another case', 'Content-Type: a/b\r\ncontent-type: c/d'],
      ['a NUL', 'A: b\0c'],
      ['a NUL in a name', 'A\0: b'],
      ['a lone carriage return', 'A: b\rc'],
      ['white space before the colon', 'A : b'],
      ['no colon', 'A'],
      ['no name', ': b'],
      ['no blank line', 'A: b\r\n--B--'],
    ])('B13 refuses %s', async (_case, block) => {
      expect(await withHeader(block)).toEqual({ parts: [], error: 'invalid-request' });
    });

    it('B13 takes 32 fields and refuses 33', async () => {
      const fields = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: 1`).join('\r\n');
      expect((await withHeader(fields(32))).error).toBeUndefined();
      expect((await withHeader(fields(33))).error).toBe('invalid-request');
    });

    it('B13 takes 8 KiB and refuses more, in one chunk or byte by byte, closed or endless', async () => {
      const block = (length: number) => `A: ${'x'.repeat(length - 3)}`;
      const body = (length: number) => bytes(`--B\r\n${block(length)}\r\n\r\ndata\r\n--B--`);
      for (const sizeBytes of [1, 4096, 1_000_000]) {
        expect((await readParts(chunksOf(body(8190), sizeBytes), 'B')).error).toBeUndefined();
        expect((await readParts(chunksOf(body(8193), sizeBytes), 'B')).error).toBe('invalid-request');
        expect((await readParts(chunksOf(bytes(`--B\r\n${block(20_000)}`), sizeBytes), 'B')).error).toBe(
          'invalid-request',
        );
      }
    });

    it('keeps names like __proto__ as mere names', async () => {
      const iterator = readMultipart(arriving([bytes('--B\r\n__proto__: x\r\n\r\n\r\n--B--')]), { boundary: 'B' });
      const first = await iterator.next();
      expect(first.done === true ? undefined : [...first.value.headers]).toEqual([['__proto__', 'x']]);
    });
  });

  describe('limits', () => {
    it('B15 takes 10,000 parts and refuses one more as too large', async () => {
      const body = (count: number) => `${'--B\r\n\r\n\r\n'.repeat(count)}--B--`;
      expect(await readText(body(10_000))).toMatchObject({ error: undefined, parts: { length: 10_000 } });
      expect(await readText(body(10_001))).toMatchObject({ error: 'too-large', parts: { length: 10_000 } });
    });

    it('takes other limits from its caller', async () => {
      const body = '--B\r\nA: b\r\nC: d\r\n\r\n\r\n--B\r\n\r\n\r\n--B--';
      expect((await readText(body, { parts: 1 })).error).toBe('too-large');
      expect((await readText(body, { headerBytes: 8 })).error).toBe('invalid-request');
      expect((await readText(body, { headerFields: 1 })).error).toBe('invalid-request');
      expect((await readText(body, { parts: 2, headerFields: 2 })).error).toBeUndefined();
    });
  });

  describe('as a stream', () => {
    it('skips what its consumer leaves unread', async () => {
      const body = bytes(`--B\r\n\r\n${'x'.repeat(100)}\r\n--B\r\n\r\n${'y'.repeat(100)}\r\n--B\r\n\r\nlast\r\n--B--`);
      const seen: string[] = [];
      for await (const part of readMultipart(chunksOf(body, 10), { boundary: 'B' })) {
        for await (const piece of part.body) {
          seen.push(piece.toString());
          break;
        }
      }
      expect(seen).toHaveLength(3);
      expect(seen.map((piece) => piece[0])).toEqual(['x', 'y', 'l']);
    });

    it('pulls no more than it hands on', async () => {
      let pulled = 0;
      async function* source() {
        yield bytes('--B\r\n\r\n');
        for (; pulled < 1000; pulled++) yield Buffer.alloc(1000, 'x');
      }
      for await (const part of readMultipart(source(), { boundary: 'B' })) {
        const iterator = part.body[Symbol.asyncIterator]();
        for (let read = 0; read < 5; read++) await iterator.next();
        break;
      }
      expect(pulled).toBeLessThanOrEqual(5);
    });

    it('hands chunks on as they arrive, without copying them', async () => {
      const chunk = Buffer.alloc(65_536, 1);
      const source = arriving([bytes('--B\r\n\r\n'), chunk, chunk, bytes('\r\n--B--')]);
      const pieces: Buffer[] = [];
      for await (const part of readMultipart(source, { boundary: 'B' })) {
        for await (const piece of part.body) pieces.push(piece);
      }
      expect(pieces.filter((piece) => piece.buffer === chunk.buffer).map((piece) => piece.length)).toContain(65_536);
    });

    it('does not end the source when given up, so that a request can still be answered', async () => {
      let isEnded = false;
      async function* source() {
        try {
          yield bytes('--B\r\n\r\nA');
          yield bytes('--B--');
        } finally {
          isEnded = true;
        }
      }
      for await (const _part of readMultipart(source(), { boundary: 'B' })) break;
      expect(isEnded).toBe(false);
    });

    it('leaves a request open to be answered when its body is malformed', async () => {
      const server = createServer(async (request, response) => {
        const { error } = await readParts(request, 'B');
        response.writeHead(error === 'invalid-request' ? 400 : 500).end();
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      const body = Buffer.concat([bytes('--B\r\nA\r\n\r\n'), Buffer.alloc(300_000)]);
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body });
      server.close();
      expect(response.status).toBe(400);
    });

    it('reads the source to its end after the closing delimiter', async () => {
      let isEnded = false;
      async function* source() {
        yield bytes('--B--\r\nepi');
        yield bytes('logue');
        isEnded = true;
      }
      expect((await readParts(source(), 'B')).parts).toEqual([]);
      expect(isEnded).toBe(true);
    });

    it('B18 passes the failure of the source on, from the body and from the next part', async () => {
      const failure = new ArchiveError('too-large', 'The request is too large.');
      async function* source() {
        yield bytes('--B\r\n\r\ndata');
        throw failure;
      }
      const iterator = readMultipart(source(), { boundary: 'B' });
      const first = await iterator.next();
      if (first.done === true) throw new Error('The first part is missing.');
      const body = first.value.body[Symbol.asyncIterator]();
      expect((await body.next()).value).toEqual(bytes('data'));
      await expect(body.next()).rejects.toBe(failure);
      await expect(iterator.next()).rejects.toBe(failure);
    });

    it('refuses to read a body after the next part was asked for', async () => {
      const iterator = readMultipart(arriving([bytes('--B\r\n\r\none\r\n--B\r\n\r\ntwo\r\n--B--')]), { boundary: 'B' });
      const first = await iterator.next();
      if (first.done === true) throw new Error('The first part is missing.');
      await iterator.next();
      await expect(first.value.body[Symbol.asyncIterator]().next()).rejects.toThrow(Error);
    });
  });

  describe('chunks', () => {
    const tricky =
      'pre\r\n--Bx\r\n\r\n--B \t\r\nA: b\r\nC: d\r\n\r\none\r\n--Bx\r\r\n--\r\n--B\r\n\r\n--B\r\n\r\n\r\n\r\n-- B\r\n--B--\r\nepi';
    const expected = {
      parts: [
        { headers: { a: 'b', c: 'd' }, body: 'one\r\n--Bx\r\r\n--' },
        { headers: {}, body: '' },
        { headers: {}, body: '\r\n\r\n-- B' },
      ],
      error: undefined,
    };

    it('read the same however a small body is split in two or three', async () => {
      const body = bytes(tricky);
      for (let first = 0; first <= body.length; first++) {
        for (let second = first; second <= body.length; second++) {
          const chunks = [body.subarray(0, first), body.subarray(first, second), body.subarray(second)];
          expect(await readParts(arriving(chunks), 'B')).toEqual(expected);
        }
      }
    });

    it('read the same in equal chunks of any size', async () => {
      for (let sizeBytes = 1; sizeBytes <= tricky.length; sizeBytes++) {
        expect(await readParts(chunksOf(bytes(tricky), sizeBytes), 'B')).toEqual(expected);
      }
    });

    it('read what the writer wrote, whatever the payloads hold and however they are split', async () => {
      const boundary = 'Bound';
      const unit = fc.constantFrom(
        '\r\n',
        '\r',
        '\n',
        '-',
        '--',
        '--Boun',
        '--Boundx',
        '\r\n--Bound',
        '\r\n--Bound-',
        'd',
        ' ',
        '\0',
      );
      const payloads = fc.array(fc.string({ unit, maxLength: 30 }), { minLength: 1, maxLength: 5 });
      const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(payloads, sizes, async (texts, sizesBytes) => {
          fc.pre(!texts.some((text) => /(?:^|\r\n)--Bound(?:[ \t]*\r?\n|--|[ \t]*\r?$|-$)/.test(text)));
          const { parts, error } = await readParts(
            arriving(split(write(texts.map(bytes), boundary), sizesBytes)),
            boundary,
          );
          expect(error).toBeUndefined();
          expect(parts.map((part) => part.body)).toEqual(texts);
        }),
        { numRuns: 1000 },
      );
    });

    it('SW-05 read what dicomweb-client writes', async () => {
      const specifier: string = 'dicomweb-client/src/message.js';
      const { multipartEncode } = await import(specifier);
      const payloads = [noise(1000, 1), noise(70_001, 2)];
      const { data, boundary } = multipartEncode(payloads);
      for (const sizeBytes of [1, 64, 65_536]) {
        const { parts, error } = await readParts(chunksOf(Buffer.from(data), sizeBytes), boundary);
        expect(error).toBeUndefined();
        expect(parts.map((part) => part.headers)).toEqual(
          payloads.map(() => ({ 'content-type': 'application/dicom' })),
        );
        expect(parts.map((part, index) => payloads[index]?.equals(bytes(part.body)))).toEqual([true, true]);
      }
    });

    it('read large random payloads byte for byte however they are split', async () => {
      const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(300_000), { minLength: 1, maxLength: 4 }),
          sizes,
          async (lengths, sizesBytes) => {
            const boundary = newBoundary();
            const payloads = lengths.map((length, seed) => noise(length, seed + 1));
            const { parts, error } = await readParts(arriving(split(write(payloads, boundary), sizesBytes)), boundary);
            expect(error).toBeUndefined();
            expect(parts.map((part) => bytes(part.body).equals(payloads.shift() ?? Buffer.alloc(0)))).not.toContain(
              false,
            );
            expect(payloads).toEqual([]);
          },
        ),
        { numRuns: 40 },
      );
    });

    it('never make anything but an ArchiveError of mutated bodies', async () => {
      const unit = fc.constantFrom('--B', '\r\n', '\r', '\n', '--', 'A: b', ':', ' ', '\0', 'x');
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit, maxLength: 40 }),
          fc.integer({ min: 1, max: 20 }),
          async (text, sizeBytes) => {
            const whole = await readText(text);
            expect(await readParts(chunksOf(bytes(text), sizeBytes), 'B')).toEqual(whole);
          },
        ),
        { numRuns: 2000 },
      );
    });
  });
});

function write(payloads: readonly Buffer[], boundary: string): Buffer {
  const parts = payloads.flatMap((payload, index) => [
    partHead({ boundary, contentType: 'application/dicom', contentLengthBytes: payload.length, first: index === 0 }),
    payload,
  ]);
  return Buffer.concat([...parts, closing(boundary)]);
}

/** Cut into chunks of these sizes, over and over. */
function split(body: Buffer, sizesBytes: readonly number[]): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const sizeBytes = sizesBytes[chunks.length % sizesBytes.length] ?? 1;
    chunks.push(body.subarray(at, at + sizeBytes));
    at += sizeBytes;
  }
  return chunks;
}

/** Reproducible bytes without pattern. */
function noise(length: number, seed: number): Buffer {
  const buffer = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    buffer[at] = state >>> 24;
  }
  return buffer;
}
