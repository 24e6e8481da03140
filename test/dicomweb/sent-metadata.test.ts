/** What a Store of metadata and bulkdata may cost the archive, whatever is in it. PS3.18 §10.5.1.4 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Spool } from '../../src/archive/spool.js';
import { RefusedInstance } from '../../src/archive/store-outcome.js';
import { Turnstile } from '../../src/archive/turnstile.js';
import { FAILURE_REASON, InvalidInstance } from '../../src/dicom/failure-reasons.js';
import { parameterOf, parseMediaType } from '../../src/dicomweb/media-type.js';
import { sentInstances } from '../../src/dicomweb/sent-metadata.js';
import { writeGIF } from '../support/gif.js';
import { chunk } from '../support/png.js';
import { type BodyPart, bulkPart, jsonPart, type SentBody, sentBody } from '../support/sent-metadata.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { cannotUnderstand, outOfResources } = FAILURE_REASON;
const OCTETS = 'application/octet-stream';

/** The files that a request becomes, one by one. */
function filesOf(
  { contentType, body }: SentBody,
  spoolReaders = new Turnstile(1),
): AsyncGenerator<AsyncIterable<Buffer>> {
  const folder = temporaryFolder();
  const type = parseMediaType(contentType);
  if (type === undefined) throw new Error('A body has a media type.');
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
  };
  return sentInstances(pieces(), {
    boundary: parameterOf(type, 'boundary') ?? '',
    requestURL: 'http://here/studies',
    openSpool: () => Spool.open(folder),
    spoolReaders,
  });
}

/** How many bytes a file has, or for what reason there is none. */
async function lengthOf(file: AsyncIterable<Buffer>): Promise<number | string> {
  let bytes = 0;
  try {
    for await (const piece of file) bytes += piece.length;
    return bytes;
  } catch (error) {
    if (error instanceof RefusedInstance || error instanceof InvalidInstance) return error.reason.toString(16);
    throw error;
  }
}

async function lengthsOf(...parts: readonly BodyPart[]): Promise<readonly (number | string)[]> {
  const lengths: (number | string)[] = [];
  for await (const file of filesOf(sentBody(parts))) lengths.push(await lengthOf(file));
  return lengths;
}

const instance = (uid: string, more: object): object => ({ '00080018': { vr: 'UI', Value: [uid] }, ...more });
const pixels = (uri: string): object => ({ '7FE00010': { vr: 'OW', BulkDataURI: uri } });
const document = (uri: string): object => ({ '00420011': { vr: 'OB', BulkDataURI: uri } });

describe('a part of a Store request', () => {
  const refused = cannotUnderstand.toString(16);

  it('SW-24 is the value of one instance, and of no second one', async () => {
    const all = ['1.1', '1.2', '1.3'].map((uid) => instance(uid, pixels('p')));
    const lengths = await lengthsOf(jsonPart(all), bulkPart('p', Buffer.alloc(1_000)));
    expect(lengths).toEqual([expect.any(Number), refused, refused]);
  });

  it.each([
    ['of one data set', { ...document('p'), '00091001': { vr: 'OB', BulkDataURI: 'p' } }],
    ['of an item', { ...document('p'), '00081140': { vr: 'SQ', Value: [document('p')] } }],
    ['by another name', { ...document('p'), '00091001': { vr: 'OB', BulkDataURI: 'cid:p@here' } }],
    ['as a frame', { ...pixels('x/bulkdata/7FE00010'), '00091001': { vr: 'OB', BulkDataURI: 'x/frames/1' } }],
  ])('SW-24 is one value, and no second one %s', async (_, more) => {
    const name = '7FE00010' in more ? 'x/frames/1' : 'p';
    const headers = { 'Content-Type': OCTETS, 'Content-Location': name, 'Content-ID': '<p@here>' };
    const lengths = await lengthsOf(jsonPart([instance('1.1', more)]), { headers, body: Buffer.alloc(10) });
    expect(lengths).toEqual([refused]);
  });

  it('is one part, though both of its names are the same', async () => {
    const headers = { 'Content-Type': OCTETS, 'Content-Location': 'cid:p@here', 'Content-ID': '<p@here>' };
    const body = Buffer.alloc(1_000);
    const [lengthBytes] = await lengthsOf(jsonPart([instance('1.1', pixels('cid:p@here'))]), { headers, body });
    expect(lengthBytes).toBeLessThan(1_900);
  });
});

describe('an image that is decoded', () => {
  /** All of it black, without holding it. */
  function blackPNG(columns: number, rows: number): Buffer {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(columns, 0);
    header.writeUInt32BE(rows, 4);
    header[8] = 8;
    return Buffer.concat([
      Buffer.from('89504e470d0a1a0a', 'hex'),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.alloc((columns + 1) * rows))),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  }

  const small = blackPNG(4_000, 4_000);
  const large = blackPNG(4_500, 4_500);
  const screen = Buffer.from('GIF89a....', 'latin1');
  screen.writeUInt16LE(4_000, 6);
  screen.writeUInt16LE(4_000, 8);
  const palette = Buffer.alloc(12);
  const gif = Buffer.concat([
    screen,
    writeGIF({ columns: 1, rows: 1, bits: 2, places: Buffer.of(0), palette }).subarray(10),
  ]);

  it.each([
    ['SW-26 is taken when it becomes no more than any file may', 'image/png', [small], 16_000_000],
    ['SW-26 is refused when it becomes far more', 'image/png', [large], outOfResources.toString(16)],
    ['SW-26 is refused with all frames together', 'image/png', [small, small], outOfResources.toString(16)],
    ['SW-26 is refused as GIF too, before it is decoded', 'image/gif', [gif], outOfResources.toString(16)],
  ])('%s', async (_, type, images, expected) => {
    const [told] = await lengthsOf(
      jsonPart([instance('1.1', pixels('p'))]),
      ...images.map((image) => bulkPart('p', image, type)),
    );
    if (typeof expected === 'string') expect(told).toBe(expected);
    else expect(told).toBeGreaterThan(expected);
  });
});

describe('requests that come together', () => {
  const body = sentBody([jsonPart(['1.1', '1.2'].map((uid) => instance(uid, {})))]);
  const bad = sentBody([jsonPart([{ '00080018': 'no attribute' }])]);

  it('SW-33 have their data sets in memory by turns, one after each file', async () => {
    const readers = new Turnstile(2);
    const events: string[] = [];
    let [within, most] = [0, 0];
    const take = async (name: string): Promise<void> => {
      for await (const file of filesOf(body, readers)) {
        within += 1;
        most = Math.max(most, within);
        await setTimeout(20);
        await lengthOf(file);
        events.push(name);
        within -= 1;
      }
    };
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(take));
    expect([most, events.length]).toEqual([2, 10]);
    expect(new Set(events.slice(0, 4)).size).toBeGreaterThan(2);
  });

  it('SW-33 give their turn back, however they end', async () => {
    const readers = new Turnstile(1);
    const given = filesOf(body, readers);
    await given.next();
    await given.return(undefined);
    for await (const file of filesOf(bad, readers)) expect(await lengthOf(file)).toBe(cannotUnderstand.toString(16));
    const broken = filesOf(body, readers);
    await broken.next();
    await expect(broken.throw(new Error('no'))).rejects.toThrow('no');
    const cut = sentBody([jsonPart([instance('1.1', pixels('p'))]), bulkPart('p', Buffer.alloc(10))]);
    for await (const file of filesOf(cut, readers)) expect(await lengthOf(file)).toBeGreaterThan(0);
    await readers.enter();
  });
});

describe('other requests', () => {
  /** How often others had their turn while work was done. */
  async function turnsDuring(work: () => Promise<void>): Promise<number> {
    let turns = 0;
    let isDone = false;
    const count = async (): Promise<void> => {
      for (; !isDone; turns += 1) await setImmediate();
    };
    const counting = count();
    await work();
    isDone = true;
    await counting;
    return turns;
  }

  it.each([
    ['instances', [jsonPart(Array(5_000).fill({}))], 5_000],
    [
      'parts that nothing refers to',
      [jsonPart([{}]), ...Array<BodyPart>(1_000).fill(bulkPart('p', Buffer.of(0)))],
      1_001,
    ],
  ])('SW-33 have their turn between %s', async (_, parts, count) => {
    const files = filesOf(sentBody(parts));
    await files.next();
    const turns = await turnsDuring(async () => {
      for await (const file of files) await lengthOf(file);
    });
    expect(turns).toBeGreaterThanOrEqual(count / 50 - 1);
  });

  it('SW-33 have their turn while the elements of one instance are read', async () => {
    const binary = { vr: 'OB', InlineBinary: Buffer.alloc(1_000_000).toString('base64') };
    const { value: file } = await filesOf(sentBody([jsonPart([instance('1.1', { '00091001': binary })])])).next();
    let most = 0;
    const turns = await turnsDuring(async () => {
      for await (const piece of file ?? []) most = Math.max(most, piece.length);
    });
    expect(most).toBeLessThanOrEqual(64 * 1024);
    expect(turns).toBeGreaterThan(15);
  });
});
