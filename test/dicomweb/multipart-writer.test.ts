import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMediaType } from '../../src/dicomweb/media-type.js';
import { boundaryOf } from '../../src/dicomweb/multipart-reader.js';
import { closing, multipartContentType, newBoundary, partHead } from '../../src/dicomweb/multipart-writer.js';

const boundary = 'b0undary';
const transferSyntaxUID = '1.2.840.10008.1.2.4.90';

type Decode = (message: Uint8Array) => (Uint8Array & { contentType?: string; transferSyntaxUID?: string })[];

/** The decoder of dicomweb-client, which its package does not export; the specifier is opaque as it has no types. */
async function clientDecoder(): Promise<Decode> {
  const specifier: string = 'dicomweb-client/src/message.js';
  const { multipartDecode } = await import(specifier);
  return multipartDecode;
}

function write(bodies: readonly Uint8Array[], contentType = 'application/dicom'): Buffer {
  const parts = bodies.flatMap((body, index) => [
    partHead({ boundary, contentType, transferSyntaxUID, contentLengthBytes: body.length, first: index === 0 }),
    body,
  ]);
  return Buffer.concat([...parts, closing(boundary)]);
}

describe('newBoundary', () => {
  it('MP-04 is new each time, of at least 122 random bits and needs no quotes', () => {
    const boundaries = Array.from({ length: 1000 }, newBoundary);
    expect(new Set(boundaries).size).toBe(1000);
    for (const one of boundaries) expect(one).toMatch(/^[0-9a-f]{32}$/);
  });

  it('MP-04 varies in each of its characters', () => {
    const boundaries = Array.from({ length: 1000 }, newBoundary);
    for (let at = 0; at < 32; at++) expect(new Set(boundaries.map((one) => one[at])).size).toBe(16);
  });

  it('is read back from the Content-Type', () => {
    const fresh = newBoundary();
    const mediaType = parseMediaType(multipartContentType({ type: 'application/dicom', boundary: fresh }));
    expect(mediaType && boundaryOf(mediaType)).toBe(fresh);
  });
});

describe('multipartContentType', () => {
  it('MP-01, MP-02, MP-11 is in lower case, with quoted type and unquoted boundary', () => {
    expect(multipartContentType({ type: 'application/dicom', boundary })).toBe(
      'multipart/related; type="application/dicom"; boundary=b0undary',
    );
  });

  it('names the transfer syntax when all parts share it', () => {
    expect(multipartContentType({ type: 'image/jp2', boundary, transferSyntaxUID })).toBe(
      'multipart/related; type="image/jp2"; transfer-syntax=1.2.840.10008.1.2.4.90; boundary=b0undary',
    );
  });

  it.each(['', 'a b', 'a"', 'a;b', 'a\r\nX: y', 'ä', 'x'.repeat(71)])('throws on the boundary %j', (bad) => {
    expect(() => multipartContentType({ type: 'application/dicom', boundary: bad })).toThrow(Error);
  });

  it('throws on a type that breaks out of the header', () => {
    expect(() => multipartContentType({ type: 'a/b\r\nX: y', boundary })).toThrow(Error);
  });
});

describe('partHead', () => {
  it('MP-03, MP-09, MP-12 starts with the boundary, then Content-Type, and ends with a blank line', () => {
    expect(partHead({ boundary, contentType: 'application/dicom', first: true }).toString('latin1')).toBe(
      '--b0undary\r\nContent-Type: application/dicom\r\n\r\n',
    );
  });

  it('MP-03 closes the line of the part before', () => {
    expect(partHead({ boundary, contentType: 'application/dicom', first: false }).toString('latin1')).toBe(
      '\r\n--b0undary\r\nContent-Type: application/dicom\r\n\r\n',
    );
  });

  it('MP-06, MP-07, MP-10 tells the unquoted transfer syntax, the resource and the length', () => {
    const head = partHead({
      boundary,
      contentType: 'image/jp2',
      transferSyntaxUID,
      contentLocation: '../frames/3',
      contentLengthBytes: 4096,
      first: true,
    });
    expect(head.toString('latin1').split('\r\n')).toEqual([
      '--b0undary',
      'Content-Type: image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90',
      'Content-Location: ../frames/3',
      'Content-Length: 4096',
      '',
      '',
    ]);
  });

  it('tells a length of zero', () => {
    const head = partHead({ boundary, contentType: 'a/b', contentLengthBytes: 0, first: true });
    expect(head.toString('latin1')).toContain('\r\nContent-Length: 0\r\n');
  });

  it('MP-08 fits into what clients read with the longest UIDs and a public base URL', () => {
    const uid = '1'.repeat(64);
    const contentLocation = `https://${'x'.repeat(60)}/dicom-web/studies/${uid}/series/${uid}/instances/${uid}/frames/123456`;
    const head = partHead({
      boundary: newBoundary(),
      contentType: 'application/octet-stream',
      transferSyntaxUID: uid,
      contentLocation,
      contentLengthBytes: Number.MAX_SAFE_INTEGER,
      first: false,
    });
    expect(head.length).toBeLessThanOrEqual(600);
  });

  it('MP-08 throws on a head longer than 600 bytes', () => {
    const fixed = partHead({ boundary, contentType: 'a/b', contentLocation: 'x', first: true }).length - 1;
    const head = (length: number) =>
      partHead({ boundary, contentType: 'a/b', contentLocation: 'x'.repeat(length), first: true });
    expect(head(600 - fixed)).toHaveLength(600);
    expect(() => head(601 - fixed)).toThrow(Error);
  });

  it.each(['', 'x\r\nSet-Cookie: a', 'x\ny', 'x\0', 'ü', 'x\u2028', '\t'])('throws on the value %j', (value) => {
    expect(() => partHead({ boundary, contentType: value, first: true })).toThrow(Error);
    expect(() => partHead({ boundary, contentType: 'a/b', contentLocation: value, first: true })).toThrow(Error);
  });
});

describe('closing', () => {
  it('MP-03 ends with the boundary between hyphens', () => {
    expect(closing(boundary).toString('latin1')).toBe('\r\n--b0undary--');
  });
});

describe('the decoder of dicomweb-client', () => {
  it('MP-08, MP-10, MP-12, MP-13 reads what is written', async () => {
    const decode = await clientDecoder();
    const bodies = [Buffer.from('first'), Buffer.alloc(0), Buffer.from('\r\n--b0undar\r\n\r\n'), Buffer.alloc(5000, 7)];
    const decoded = decode(new Uint8Array(write(bodies)));
    expect(decoded.map((part) => Buffer.from(part))).toEqual(bodies);
    expect(decoded[0]?.contentType).toBe('application/dicom');
    expect(decoded[0]?.transferSyntaxUID).toBe(transferSyntaxUID);
  });

  it('MP-05 reads what is written, whatever the bytes', async () => {
    const decode = await clientDecoder();
    const unit = fc.constantFrom('\r', '\n', '-', '--', 'b0', 'undary', ':', '\0', 'Content-Type: a/b');
    const bodies = fc.array(fc.string({ unit, maxLength: 40 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(bodies, (texts) => {
        fc.pre(!texts.some((text) => text.includes(`--${boundary}`)));
        const sent = texts.map((text) => Buffer.from(text, 'latin1'));
        expect(decode(new Uint8Array(write(sent))).map((part) => Buffer.from(part))).toEqual(sent);
      }),
    );
  });
});
