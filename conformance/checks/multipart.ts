/** PS3.18 §8.6.1, §8.7.1: multipart answers, byte by byte. RFC 2046, RFC 2387 */
import {
  AS_STORED,
  type Check,
  check,
  instanceURL,
  JSON_TYPE,
  OCTETS_TYPE,
  seriesURL,
  studyURL,
  type Trial,
} from '../check.js';
import { readDataSets } from '../dicom/dicom-json.js';
import { parseMediaType } from '../wire/media-type.js';
import { type Multipart, parseMultipart } from '../wire/multipart.js';
import { freshImage, referencedIn, send } from './storing.js';

/** dicomweb-client looks for the end of the first head in 1,000 bytes, the delimiter before it among them. */
const HEAD_BYTES = 600;
/** RFC 2046 §5.1.1 */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=?]{1,70}$/;

/** Several multipart answers of one server, each with what it answers. */
async function samples(t: Trial): Promise<readonly (readonly [string, Multipart])[]> {
  const subject = t.subject();
  const targets: (readonly [string, string])[] = [
    [instanceURL(subject), AS_STORED],
    [seriesURL(subject), AS_STORED],
    [studyURL(subject), AS_STORED],
  ];
  const mf = t.session.fixtures.get('MF');
  if (mf !== undefined) targets.push([`${instanceURL(mf)}/frames/1,3`, OCTETS_TYPE]);
  const read: (readonly [string, Multipart])[] = [];
  for (const [target, accept] of targets) read.push([target, await t.parts(target, accept)]);
  return read;
}

export const MULTIPART_CHECKS: readonly Check[] = [
  check('MP-01', 'M', '8.7.1', 'Content-Type has type and boundary', async (t) => {
    for (const [target, { mediaType }] of await samples(t)) {
      for (const name of ['type', 'boundary'])
        t.expect(mediaType.parameters.has(name), `${name} in Content-Type of ${target}`, 'none');
    }
  }),
  check('MP-02', 'M', '8.6.1.2', 'type is the Content-Type of the first part', async (t) => {
    for (const [target, { mediaType, parts }] of await samples(t)) {
      const { type } = parseMediaType(parts[0]?.header('Content-Type') ?? '');
      t.equal(mediaType.parameters.get('type')?.toLowerCase(), type, `type of ${target}`);
    }
  }),
  check('MP-03', 'M', '8.6.1.2', 'delimiters, heads and line ends as RFC 2046 has them', async (t) => {
    for (const [target, { faults, parts }] of await samples(t)) {
      t.none(faults, `${target} without faults`);
      for (const part of parts) {
        t.expect(
          part.rawHeaders.some(([name]) => /^content-type$/i.test(name)),
          'a Content-Type in every part',
          part.head,
        );
      }
    }
  }),
  check('MP-04', 'M', '8.6.1.2.1', 'the boundary is lawful, and long enough to be in no data', async (t) => {
    for (const [target, { boundary }] of await samples(t)) {
      t.expect(BOUNDARY.test(boundary), `1 to 70 lawful characters in ${target}`, boundary);
    }
  }),
  check('MP-05', 'P', '—', 'the boundary is nowhere but in delimiters', async (t) => {
    const target = studyURL(t.subject());
    const answer = await t.got(target, AS_STORED);
    const { boundary, parts } = parseMultipart(answer);
    const times = answer.body.toString('latin1').split(`--${boundary}`).length - 1;
    t.equal(times, parts.length + 1, 'times that -- and the boundary are in the body');
  }),
  check('MP-06', 'M', 'T8.6.1-1', 'a part that represents a resource has its Content-Location', async (t) => {
    const subject = t.subject();
    const { parts } = await t.parts(studyURL(subject), AS_STORED);
    const locations = parts.map((part) => part.header('Content-Location') ?? 'none');
    t.expect(
      locations.some((one) => one.endsWith(instanceURL(subject))),
      instanceURL(subject),
      locations.join(', '),
    );
    t.expect(
      locations.every((one) => /\/instances\/[\d.]+$/.test(one)),
      'an instance for every part',
      locations.join(', '),
    );
    const mf = t.session.fixtures.get('MF');
    if (mf === undefined) return;
    const frames = await t.parts(`${instanceURL(mf)}/frames/1,3`, OCTETS_TYPE);
    const ends = frames.parts.map((part) => part.header('Content-Location')?.replace(/^.*\/frames\//, ''));
    t.equal(ends, ['1', '3'], 'frames of the Content-Locations');
  }),
  check('MP-07', 'S', 'T8.6.1-1', 'Content-Length of a part, where it is given, is right', async (t) => {
    for (const [target, { parts }] of await samples(t)) {
      for (const part of parts) {
        const length = part.header('Content-Length');
        if (length !== undefined) t.equal(Number(length), part.body.length, `Content-Length in ${target}`);
      }
    }
  }),
  check('MP-08', 'P', 'dicomweb-client', 'heads of parts are short', async (t) => {
    for (const [target, { parts }] of await samples(t)) {
      for (const { head } of parts)
        t.expect(
          head.length <= HEAD_BYTES,
          `heads of at most ${HEAD_BYTES} bytes in ${target}`,
          `${head.length} bytes`,
        );
    }
  }),
  check('MP-09', 'P', 'cornerstone', 'the field is spelled Content-Type', async (t) => {
    for (const [target, { parts }] of await samples(t)) {
      for (const { head } of parts) t.expect(/^Content-Type:/m.test(head), `Content-Type: in ${target}`, head);
    }
  }),
  check('MP-10', 'P', 'dicomweb-client', 'transfer-syntax of a part has no quotes', async (t) => {
    for (const [, { parts }] of await samples(t)) {
      for (const part of parts) {
        const { quoted } = parseMediaType(part.header('Content-Type') ?? '');
        t.expect(!quoted.has('transfer-syntax'), 'transfer-syntax without quotes', part.header('Content-Type'));
      }
    }
  }),
  check('MP-11', 'P', 'dicomweb-client', 'multipart/related is in lower case', async (t) => {
    for (const [, { mediaType }] of await samples(t)) t.equal(mediaType.sentType, 'multipart/related', 'as it is sent');
  }),
  check('MP-12', 'P', 'dicomweb-client', 'the body begins with the delimiter', async (t) => {
    for (const [target, { preamble }] of await samples(t))
      t.equal(preamble.length, 0, `bytes before the delimiter of ${target}`);
  }),
  check('MP-13', 'P', 'dicomweb-client', 'all frames of one answer have one Content-Type', async (t) => {
    for (const fixture of t.fixtures('MF', 'MFBOT')) {
      const { parts } = await t.parts(`${instanceURL(fixture)}/frames/1,2,3`, `${OCTETS_TYPE}; transfer-syntax=*`);
      t.equal(new Set(parts.map((part) => part.header('Content-Type'))).size, 1, 'Content-Types of the parts');
    }
  }),
  check('MP-14', 'P', 'dicomweb-client', 'there is no multipart without parts', async (t) => {
    const answer = await t.get(instanceURL(t.fixture('NAMESNONE')), OCTETS_TYPE);
    if (answer.status === 200) t.expect(parseMultipart(answer).parts.length > 0, 'a part, or 204 or 404', 'no part');
  }),
  check('MP-16', 'O', '8.7.1', 'start names the root part, or is refused', async (t) => {
    t.stores();
    const image = freshImage(t);
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Type: text/plain\r\nContent-ID: <a>\r\n\r\nnot the root\r\n'),
      Buffer.from('--b\r\nContent-Type: application/dicom\r\nContent-ID: <b>\r\n\r\n'),
      image.file,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const type = 'multipart/related; type="application/dicom"; start="<b>"; boundary=b';
    const answer = await send(t, body, type);
    t.status(answer, 200, 202, 400);
    if (answer.status !== 400) t.equal(referencedIn(answer), [image.instance], 'instances stored');
  }),
  check('MP-17', 'M', '8.6.1.2', 'a Range on multipart: all of it, or a range of the whole body', async (t) => {
    const target = studyURL(t.subject());
    const whole = await t.got(target, AS_STORED);
    const ranged = await t.get(target, AS_STORED, { Range: 'bytes=0-99' });
    t.status(ranged, 200, 206, 416);
    if (ranged.status === 200)
      t.equal(parseMultipart(ranged).parts.length, parseMultipart(whole).parts.length, 'parts');
    if (ranged.status === 206) t.sameBytes(ranged.body, whole.body.subarray(0, 100), 'the range');
  }),
  check('MP-18', 'M', '8.4.3, 8.6', 'Content-Length or Transfer-Encoding, and not both', async (t) => {
    const targets = [
      [studyURL(t.subject()), AS_STORED],
      [`${studyURL(t.subject())}/metadata`, JSON_TYPE],
      ['/studies/2.25.1/metadata', JSON_TYPE],
    ] as const;
    for (const [target, accept] of targets) {
      const answer = await t.get(target, accept);
      const lengths = answer.headers('Content-Length').length + answer.headers('Transfer-Encoding').length;
      t.equal(lengths, 1, `fields that tell the length of ${target}`);
    }
    readDataSets((await t.got(`${studyURL(t.subject())}/metadata`, JSON_TYPE)).body);
  }),
];
