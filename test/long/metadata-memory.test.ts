/** The built server on metadata and bulkdata that are large, or made to cost much: what it holds in memory, and whether others wait. */
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';

const MiB = 1024 * 1024;
const BOUNDARY = 'parts';
const PIXEL_BYTES = 1024 * MiB;
const ROWS = 1_024;

interface Cost {
  readonly status: number | undefined;
  readonly peakMiB: number;
  /** The longest that another request waited meanwhile. */
  readonly longestWaitMs: number;
}

const part = (head: string): Buffer => Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`);
const json = 'Content-Type: application/dicom+json';
const xml = 'Content-Type: application/dicom+xml';
const end = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);

/** A text again and again, to about so many bytes. */
function* repeated(text: string, bytes: number): Generator<Buffer> {
  const block = Buffer.from(text.repeat(Math.ceil((64 * 1024) / text.length)));
  for (let sent = 0; sent < bytes; sent += block.length) yield block;
}

function* pixelsOf(instance: string): Generator<Buffer> {
  yield part(json);
  const us = (value: number): unknown => ({ vr: 'US', Value: [value] });
  const ui = (value: string): unknown => ({ vr: 'UI', Value: [value] });
  yield Buffer.from(
    JSON.stringify({
      '00080016': ui('1.2.840.10008.5.1.4.1.1.7.3'),
      '00080018': ui(`2.25.5.${instance}`),
      '0020000D': ui('2.25.5'),
      '0020000E': ui('2.25.5.1'),
      '00280008': { vr: 'IS', Value: [PIXEL_BYTES / (ROWS * ROWS * 2)] },
      '00280010': us(ROWS),
      '00280011': us(ROWS),
      '00280100': us(16),
      '7FE00010': { vr: 'OW', BulkDataURI: 'pixels' },
    }),
  );
  yield Buffer.from('\r\n');
  yield part('Content-Type: application/octet-stream\r\nContent-Location: pixels');
  yield* repeated('0123456789abcdef', PIXEL_BYTES);
  yield end;
}

function* metadataOf(head: string, start: string, text: string, bytes: number, finish: string): Generator<Buffer> {
  yield part(head);
  yield Buffer.from(start);
  yield* repeated(text, bytes);
  yield Buffer.from(finish);
  yield end;
}

const ATTRIBUTE = '"00100020":{"vr":"LO","Value":["P"]},';
const SMALL = `{${ATTRIBUTE.repeat(240)}"x":1},`;
const BINARY = '"00420011":{"vr":"OB","InlineBinary":';
const NUMBERS = '"00091001":{"vr":"US","Value":';
const ROOT = '<NativeDicomModel>';
const ROOT_END = '</NativeDicomModel>';
const EMPTY = '<DicomAttribute tag="00100020" vr="LO"/>';
const TEXT = `${ROOT}<DicomAttribute tag="00104000" vr="LT"><Value>`;
const TEXT_END = `</Value></DicomAttribute>${ROOT_END}`;

describe.runIf(process.platform === 'linux')('the built server on metadata and bulkdata', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServerProcess();
    // A young process grows by being used at all.
    for (let i = 0; i < 3; i += 1) await costOf('json', metadataOf(json, '[', '{},', 8 * MiB, '{}]'));
  });
  afterAll(() => server.close());

  async function costOf(type: 'json' | 'xml', body: Iterable<Buffer>): Promise<Cost> {
    await server.forgetPeak();
    const { nowMiB } = await server.memory();
    let isDone = false;
    const waits = longestWait(() => isDone);
    const status = await send(type, body);
    isDone = true;
    return { status, peakMiB: (await server.memory()).peakMiB - nowMiB, longestWaitMs: await waits };
  }

  async function longestWait(isDone: () => boolean): Promise<number> {
    let longest = 0;
    while (!isDone()) {
      const started = performance.now();
      await (await fetch(`${server.url}/healthz`)).text();
      longest = Math.max(longest, performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return longest;
  }

  function send(type: 'json' | 'xml', body: Iterable<Buffer>): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${server.base}/studies`, {
        method: 'POST',
        agent: false,
        headers: {
          Authorization: `Bearer ${server.siteToken}`,
          'Content-Type': `multipart/related; type="application/dicom+${type}"; boundary=${BOUNDARY}`,
        },
      });
      request.once('response', (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
      });
      request.once('error', reject);
      // What is refused half way is answered before it has all been sent.
      pipeline(Readable.from(body), request).catch(() => undefined);
    });
  }

  it.each([
    ['a gibibyte of Pixel Data', 'json', pixelsOf('1'), 200, 96],
    ['thousands of instances in 60 MiB', 'json', metadataOf(json, '[', SMALL, 60 * MiB, '{}]'), 409, 96],
    ['one instance of 60 MiB', 'json', metadataOf(json, '[{', ATTRIBUTE, 60 * MiB, '"x":1}]'), 413, 96],
    ['an attribute again and again', 'json', metadataOf(json, '[{', ATTRIBUTE, 15 * MiB, '"x":1}]'), 409, 96],
    ['one value', 'json', metadataOf(json, `[{${BINARY}"`, 'AAAA', 15 * MiB, '"}}]'), 409, 128],
    ['one array of numbers', 'json', metadataOf(json, `[{${NUMBERS}[`, '1,', 15 * MiB, '1]}}]'), 409, 96],
    ['empty attributes in XML', 'xml', metadataOf(xml, ROOT, EMPTY, 15 * MiB, ROOT_END), 409, 96],
    ['one text in XML', 'xml', metadataOf(xml, TEXT, 'text', 15 * MiB, TEXT_END), 409, 128],
    ['character references in XML', 'xml', metadataOf(xml, TEXT, '&#65;', 15 * MiB, TEXT_END), 400, 128],
    ['a comment', 'xml', metadataOf(xml, `${ROOT}<!--`, 'text', 15 * MiB, `-->${ROOT_END}`), 409, 96],
    ['an internal subset', 'xml', metadataOf(xml, '<!DOCTYPE x [', '<!ENTITY a "aa">', 15 * MiB, ']><x/>'), 400, 32],
  ] as const)('SW-33 %s', async (name, type, body, status, mostMiB) => {
    const cost = await costOf(type, body);
    console.info(
      `${name}: ${cost.status}, ${cost.peakMiB.toFixed(0)} MiB, longest wait of another ${cost.longestWaitMs.toFixed(0)} ms`,
    );
    expect(cost.status).toBe(status);
    expect(cost.peakMiB).toBeLessThan(mostMiB);
    expect(cost.longestWaitMs).toBeLessThan(1_000);
  });
});
