import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../conformance/wire/client.js';
import { parseMediaType } from '../../conformance/wire/media-type.js';
import { parseMultipart, writeMultipart } from '../../conformance/wire/multipart.js';

const answerOf = (body: Buffer | string, contentType = 'multipart/related; type="a/b"; boundary=b'): Answer => {
  const rawHeaders = [['Content-Type', contentType]] as const;
  const headers = (name: string) => rawHeaders.filter(([key]) => key === name).map(([, value]) => value);
  return {
    method: 'GET',
    target: '/',
    sent: [],
    status: 200,
    rawHeaders,
    body: Buffer.from(body),
    interim: [],
    headers,
    header: (name) => headers(name)[0],
  };
};

describe('parseMultipart', () => {
  it('gives the parts that were written, whatever is in them', () => {
    const part = fc.record({ type: fc.constant('a/b'), body: fc.uint8Array({ maxLength: 60 }) });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const sent = parts.map(({ type, body }) => ({ type, body: Buffer.from(body) }));
        fc.pre(sent.every(({ body }) => !body.includes('--b')));
        const read = parseMultipart(answerOf(writeMultipart(sent, 'b')));
        expect(read.faults).toEqual([]);
        expect(read.parts.map(({ body }) => body)).toEqual(sent.map(({ body }) => body));
        expect(read.preamble.length).toBe(0);
      }),
    );
  });

  const head = 'Content-Type: a/b\r\n\r\n';
  it.each([
    ['lines that end with LF alone', `--b\nContent-Type: a/b\n\nx\n--b--`],
    ['a delimiter without CRLF before it', `--b\r\n${head}x--b--`],
    ['something after a delimiter', `--b junk\r\n${head}x\r\n--b--`],
    ['a head line without a name', `--b\r\n: x\r\n${head}x\r\n--b--`],
  ])('tells of %s', (_what, body) => {
    expect(parseMultipart(answerOf(body)).faults.length).toBeGreaterThan(0);
  });

  it.each([
    ['no closing delimiter', `--b\r\n${head}x\r\n`],
    ['no delimiter at all', 'x'],
    ['no end of a head', '--b\r\nContent-Type: a/b\r\nx\r\n--b--'],
  ])('can not read a body with %s', (_what, body) => {
    expect(() => parseMultipart(answerOf(body))).toThrow();
  });

  it('keeps what is before and after the parts', () => {
    const { preamble, epilogue } = parseMultipart(answerOf(`before\r\n--b\r\n${head}x\r\n--b--\r\nafter`));
    expect([preamble.toString(), epilogue.toString()]).toEqual(['before\r\n', '\r\nafter']);
  });

  it('wants multipart/related and a boundary', () => {
    expect(() => parseMultipart(answerOf('x', 'text/plain'))).toThrow('not multipart/related');
    expect(() => parseMultipart(answerOf('x', 'multipart/related; type="a/b"'))).toThrow('no boundary');
  });
});

describe('parseMediaType', () => {
  it('reads parameters with quotes and without, and names in any case', () => {
    const { type, sentType, parameters, quoted } = parseMediaType(
      'Multipart/Related; TYPE="a/b;c"; boundary=x.y ; n="q\\"q"',
    );
    expect([type, sentType]).toEqual(['multipart/related', 'Multipart/Related']);
    expect([...parameters]).toEqual([
      ['type', 'a/b;c'],
      ['boundary', 'x.y'],
      ['n', 'q"q'],
    ]);
    expect([...quoted]).toEqual(['type', 'n']);
  });

  it.each(['', 'text', 'text/plain; x', 'text/plain; a=1; A=2', 'text/plain, text/html'])('refuses %j', (text) => {
    expect(() => parseMediaType(text)).toThrow();
  });
});
