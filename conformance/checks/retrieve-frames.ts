/** PS3.18 §10.4.1.1.6, §8.7.3.3: frames and Pixel Data. */
import { type Check, check, instanceURL, OCTETS_TYPE, seriesURL, studyURL, type Trial } from '../check.js';
import { MEDIA_TYPE_OF, SYNTAX } from '../dicom/syntaxes.js';
import type { Fixture } from '../fixtures/fixture.js';
import { parseMediaType } from '../wire/media-type.js';
import { type Multipart, parseMultipart } from '../wire/multipart.js';
import { pixelDataURI } from './bulkdata-uris.js';
import { areSamples, COMPRESSED, DECODABLE, onlyPart, syntaxOf } from './transfer-syntaxes.js';

const STORED_TYPE = `${OCTETS_TYPE}; transfer-syntax=*`;
const NOTHING = Buffer.alloc(0);

const framesURL = (fixture: Fixture, list: string): string => `${instanceURL(fixture)}/frames/${list}`;

/** These frames of a fixture, one a part. A code stream may have the pad byte of its fragment. */
function areFrames(t: Trial, { parts }: Multipart, fixture: Fixture, numbers: readonly number[]): void {
  t.equal(parts.length, numbers.length, `parts of frames of ${fixture.name}`);
  for (const [i, number] of numbers.entries()) {
    const expected = fixture.frames[number - 1] ?? NOTHING;
    const body = parts[i]?.body ?? NOTHING;
    const isPadded =
      fixture.transferSyntaxUID in MEDIA_TYPE_OF && body.length === expected.length + 1 && body.at(-1) === 0;
    t.sameBytes(isPadded ? body.subarray(0, -1) : body, expected, `frame ${number} of ${fixture.name}`);
  }
}

export const FRAME_CHECKS: readonly Check[] = [
  check('RF-01', 'M', '10.1.1', 'frames are a list of numbers from 1, divided by commas', async (t) => {
    const mf = t.fixture('MF');
    areFrames(t, await t.parts(framesURL(mf, '2'), OCTETS_TYPE), mf, [2]);
    for (const list of ['1,3', '1%2C3']) {
      const multipart = await t.parts(framesURL(mf, list), OCTETS_TYPE);
      areFrames(t, multipart, mf, [1, 3]);
      const ends = multipart.parts.map((part) => part.header('Content-Location')?.replace(/^.*(?=\/frames\/)/, ''));
      t.equal(ends, ['/frames/1', '/frames/3'], `Content-Locations of ${list}`);
    }
  }),
  check('RF-02', 'M', '10.4.3.1', 'no number of a frame is 400, no such frame is 404', async (t) => {
    const mf = t.fixture('MF');
    for (const list of ['0', '-1', 'x', '1,,2', '1.5']) t.status(await t.get(framesURL(mf, list), OCTETS_TYPE), 400);
    for (const list of ['4', '1,99', '99999']) t.status(await t.get(framesURL(mf, list), OCTETS_TYPE), 404);
    for (const list of ['3,1', '2,2']) {
      const answer = await t.get(framesURL(mf, list), OCTETS_TYPE);
      t.status(answer, 200, 400);
      if (answer.status === 200) areFrames(t, parseMultipart(answer), mf, list.split(',').map(Number));
    }
  }),
  check(
    'RF-03',
    'M',
    'T10.4.4-1',
    'application/octet-stream: the samples in little endian, without padding',
    async (t) => {
      for (const fixture of t.fixtures('CT', 'CR', 'ODD', 'BE', 'DEFL')) {
        areFrames(t, await t.parts(framesURL(fixture, '1'), OCTETS_TYPE), fixture, [1]);
      }
      for (const fixture of t.fixtures(...DECODABLE)) {
        const { samples = [] } = fixture;
        const last = samples.length;
        const part = onlyPart(t, await t.parts(framesURL(fixture, String(last)), OCTETS_TYPE));
        areSamples(t, part.body, samples[last - 1] ?? NOTHING, `frame ${last} of ${fixture.name}`);
        t.equal(syntaxOf(part) ?? SYNTAX.explicitLittle, SYNTAX.explicitLittle, `transfer-syntax of ${fixture.name}`);
      }
    },
  ),
  check('RF-04', 'O', 'T10.4.4-1', 'a single part is for a single frame', async (t) => {
    const mf = t.fixture('MF');
    t.status(await t.get(framesURL(mf, '1,2'), 'application/octet-stream'), 406);
    const single = await t.get(framesURL(mf, '2'), 'application/octet-stream');
    t.offered(single, 'a frame by itself', 406);
    t.status(single, 200);
    t.equal(parseMediaType(single.header('Content-Type') ?? '').type, 'application/octet-stream', 'the media type');
    t.sameBytes(single.body, mf.frames[1] ?? NOTHING, 'frame 2');
  }),
  check('RF-05', 'M', '8.7.3.3.2', 'compressed frames are code streams and nothing else', async (t) => {
    for (const fixture of t.fixtures(...COMPRESSED, 'VID')) {
      const type = MEDIA_TYPE_OF[fixture.transferSyntaxUID] ?? '';
      const accept = `multipart/related; type="${type}"; transfer-syntax=${fixture.transferSyntaxUID}`;
      areFrames(t, await t.parts(framesURL(fixture, '1'), accept), fixture, [1]);
    }
  }),
  check('RF-06', 'M', '8.7.8', 'the Content-Type of a part names its media type and transfer syntax', async (t) => {
    for (const fixture of t.fixtures(...COMPRESSED)) {
      const part = onlyPart(
        t,
        await t.parts(
          framesURL(fixture, '1'),
          `multipart/related; type="${MEDIA_TYPE_OF[fixture.transferSyntaxUID]}"; transfer-syntax=*`,
        ),
      );
      const { type } = parseMediaType(part.header('Content-Type') ?? '');
      t.equal(type, MEDIA_TYPE_OF[fixture.transferSyntaxUID], `media type of ${fixture.name}`);
      t.equal(syntaxOf(part), fixture.transferSyntaxUID, `transfer-syntax of ${fixture.name}`);
    }
  }),
  check('RF-07', 'P', 'OHIF', 'octet-stream with transfer-syntax=* is the frame as stored', async (t) => {
    for (const fixture of t.fixtures(...COMPRESSED, 'CT')) {
      const multipart = await t.parts(framesURL(fixture, '1'), STORED_TYPE);
      areFrames(t, multipart, fixture, [1]);
      t.equal(syntaxOf(onlyPart(t, multipart)), fixture.transferSyntaxUID, `transfer-syntax of ${fixture.name}`);
    }
  }),
  check(
    'RF-08',
    'M',
    '8.7.3.3.1',
    'frames of single bits: each from its first bit, or all of them without gaps',
    async (t) => {
      const mf1 = t.fixture('MF1');
      const multipart = await t.parts(framesURL(mf1, '1,2,3'), OCTETS_TYPE);
      if (multipart.parts.length === 1) {
        const whole = mf1.elements.find(({ tag }) => tag === '7FE00010')?.value;
        return t.sameBytes(multipart.parts[0]?.body ?? NOTHING, Buffer.isBuffer(whole) ? whole : NOTHING, 'all bits');
      }
      areFrames(t, multipart, mf1, [1, 2, 3]);
      areFrames(t, await t.parts(framesURL(mf1, '2'), OCTETS_TYPE), mf1, [2]);
    },
  ),
  check('RF-09', 'P', '—', 'an image without Number of Frames has frame 1', async (t) => {
    const ct = t.fixture('CT');
    areFrames(t, await t.parts(framesURL(ct, '1'), OCTETS_TYPE), ct, [1]);
    t.status(await t.get(framesURL(ct, '2'), OCTETS_TYPE), 404);
  }),
  check('RF-10', 'P', '—', 'what has no Pixel Data has no frames; samples of floating point are frames', async (t) => {
    t.status(await t.get(framesURL(t.fixture('SR'), '1'), OCTETS_TYPE), 404);
    if (!t.session.fixtures.has('FLOAT')) return;
    const float = t.fixture('FLOAT');
    areFrames(t, await t.parts(framesURL(float, '1'), OCTETS_TYPE), float, [1]);
  }),
  check('RF-11', 'P', 'PS3.5 Annex A.4', 'frames are found however they are marked', async (t) => {
    for (const fixture of t.fixtures('MFNOBOT', 'MFBOT', 'MFPARTS', 'MFEOT')) {
      areFrames(t, await t.parts(framesURL(fixture, '1,2,3'), STORED_TYPE), fixture, [1, 2, 3]);
      areFrames(t, await t.parts(framesURL(fixture, '2'), STORED_TYPE), fixture, [2]);
    }
  }),
  check('RF-12', 'P', 'cornerstone', 'HTJ2K is image/jphc, and answers Range for progressive decoding', async (t) => {
    for (const fixture of t.fixtures('HTJ2KRPCL', 'HTJ2KLOSSY')) {
      const accept = `multipart/related; type="image/jphc"; transfer-syntax=${fixture.transferSyntaxUID}`;
      const part = onlyPart(t, await t.parts(framesURL(fixture, '1'), accept));
      t.equal(parseMediaType(part.header('Content-Type') ?? '').type, 'image/jphc', `type of ${fixture.name}`);
    }
    const htj2k = t.fixture('HTJ2K');
    const accept = `image/jphc; transfer-syntax=${SYNTAX.htj2kLossless}`;
    const whole = await t.get(framesURL(htj2k, '1'), accept);
    t.offered(whole, 'a frame by itself', 406);
    t.status(whole, 200);
    t.equal(parseMediaType(whole.header('Content-Type') ?? '').type, 'image/jphc', 'the media type');
    const start = await t.get(framesURL(htj2k, '1'), accept, { Range: 'bytes=0-63' });
    t.status(start, 200, 206);
    if (start.status === 200) return t.note('Range is not supported');
    t.sameBytes(start.body, whole.body.subarray(0, 64), 'the beginning of the frame');
  }),
  check('RP-01', 'O', '10.4.1.1.6', '/pixeldata of a study, a series and an instance', async (t) => {
    const ct = t.fixture('CT');
    const at = await t.get(`${instanceURL(ct)}/pixeldata`, OCTETS_TYPE);
    t.offered(at, '/pixeldata', 400, 406);
    t.status(at, 200);
    areFrames(t, parseMultipart(at), ct, [1]);
    for (const [target, count] of [
      [seriesURL(ct), 2],
      [studyURL(ct), 3],
    ] as const) {
      const { parts } = await t.parts(`${target}/pixeldata`, OCTETS_TYPE);
      t.equal(parts.length, count, `parts of ${target}/pixeldata`);
      for (const part of parts) t.expect(part.header('Content-Location') !== undefined, 'Content-Location', part.head);
    }
    t.status(await t.get(`${instanceURL(t.fixture('PRIV'))}/pixeldata`, OCTETS_TYPE), 404, 204, 406);
    const target = `${instanceURL(ct)}/pixeldata`;
    const uri = await pixelDataURI(t, ct);
    const location = new URL(
      parseMultipart(at).parts[0]?.header('Content-Location') ?? '',
      t.session.client.base + target,
    );
    t.equal(location.href, uri, 'Content-Location: the BulkDataURI of the metadata');
    const mf = t.fixture('MFBOT');
    areFrames(t, await t.parts(`${instanceURL(mf)}/pixeldata`, 'multipart/related; type="image/jls"'), mf, [1, 2, 3]);
    const float = t.session.fixtures.get('FLOAT');
    if (float !== undefined) areFrames(t, await t.parts(`${instanceURL(float)}/pixeldata`, OCTETS_TYPE), float, [1]);
  }),
  check('RP-02', 'M', '8.7.3.3', 'compressed frames come one a part; a video is one', async (t) => {
    const mf = t.fixture('MFBOT');
    const bulkdata = await pixelDataURI(t, mf);
    areFrames(t, await t.parts(bulkdata, 'multipart/related; type="image/jls"'), mf, [1, 2, 3]);
    const video = t.fixture('VID');
    const whole = await t.parts(await pixelDataURI(t, video), 'multipart/related; type="video/mp4"; transfer-syntax=*');
    areFrames(t, whole, video, [1]);
  }),
];
