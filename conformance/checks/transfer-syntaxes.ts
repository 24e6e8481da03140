/** PS3.18 §8.7.3: transfer syntaxes that are asked for and answered. */
import { AS_STORED, type Check, check, DICOM_TYPE, instanceURL, OCTETS_TYPE, studyURL, type Trial } from '../check.js';
import { type CodeStream, decodeRLE, describeCodeStream } from '../dicom/code-streams.js';
import { type ReadFile, readPart10, textIn } from '../dicom/part10-reader.js';
import { MEDIA_TYPE_OF, SYNTAX } from '../dicom/syntaxes.js';
import { LOSSLESS_NAMES, LOSSY_NAMES } from '../fixtures/coded.js';
import type { Fixture } from '../fixtures/fixture.js';
import { parseMediaType } from '../wire/media-type.js';
import { type Multipart, type Part, parseMultipart } from '../wire/multipart.js';

const NOTHING = Buffer.alloc(0);

const dicomIn = (syntax: string): string => `${DICOM_TYPE}; transfer-syntax=${syntax}`;

/** The only part of an answer. */
export function onlyPart(t: Trial, { parts }: Multipart): Part {
  t.equal(parts.length, 1, 'parts');
  return parts[0] ?? t.skip('there is no part');
}

/** The Transfer Syntax that the Content-Type of a part tells. */
export const syntaxOf = (part: Part): string | undefined =>
  parseMediaType(part.header('Content-Type') ?? '').parameters.get('transfer-syntax');

async function fileIn(t: Trial, fixture: Fixture, accept: string): Promise<ReadFile> {
  return readPart10(onlyPart(t, await t.parts(instanceURL(fixture), accept)).body);
}

const pixelBytes = ({ elements }: ReadFile): Buffer => elements.find(({ tag }) => tag === '7FE00010')?.bytes ?? NOTHING;

/** One of each compressed transfer syntax, and all that decode exactly. */
export const COMPRESSED = ['J2K', 'JLS', 'HTJ2K', 'RLE', 'CXR', 'LOSSY', ...LOSSLESS_NAMES, ...LOSSY_NAMES];
export const DECODABLE = [
  'J2K',
  'JLS',
  'HTJ2K',
  'RLE',
  'CXR',
  'MFBOT',
  'MFNOBOT',
  'MFPARTS',
  'MFEOT',
  ...LOSSLESS_NAMES,
];

/** @throws Failure unless these are the samples, but for a pad byte at their end */
export function areSamples(t: Trial, came: Buffer, expected: Buffer, name: string): void {
  t.sameBytes(withoutPad(came, expected), expected, `samples of ${name}`);
}

/** Colours of 8 bits, first all red ones: Planar Configuration 1. PS3.3 §C.7.6.3.1.3 */
const inPlanes = (colours: Buffer): Buffer =>
  Buffer.concat([0, 1, 2].map((plane) => Buffer.from(colours.filter((_, i) => i % 3 === plane))));

const withoutPad = (came: Buffer, expected: Buffer | undefined): Buffer =>
  came.length === (expected?.length ?? 0) + 1 && came.at(-1) === 0 ? came.subarray(0, -1) : came;

/** @throws Failure unless decoded samples are as near to what was encoded as their code stream is */
function areNear(t: Trial, came: Buffer, { lossyOf, name }: Fixture): void {
  t.equal(came.length, lossyOf?.samples.length ?? 768, `decoded bytes of ${name}`);
  if (lossyOf === undefined) return;
  const { samples, most } = lossyOf;
  const bytes = samples.length === 512 ? 2 : 1;
  for (let at = 0; at < samples.length; at += bytes) {
    const apart = Math.abs(came.readUIntLE(at, bytes) - samples.readUIntLE(at, bytes));
    t.expect(apart <= most, `samples of ${name} at most ${most} from what was encoded`, apart);
  }
}

/** Lossless transfer syntaxes to ask for, and the code streams that they are. */
const ENCODED = [
  [SYNTAX.rle, 'rle'],
  [SYNTAX.jpegLossless, 'jpeg'],
  [SYNTAX.jpegLS, 'jpeg-ls'],
  [SYNTAX.jpeg2000Lossless, 'jpeg2000'],
  [SYNTAX.htj2kLossless, 'ht'],
  [SYNTAX.htj2kRPCL, 'ht'],
] as const;

/** @throws Failure unless the code stream is of that kind and loses nothing of a fixture of 16 by 16 */
function isExact(t: Trial, stream: Buffer, kind: CodeStream['kind'] | 'rle', { samples = [], name }: Fixture): void {
  if (kind === 'rle') {
    t.sameBytes(decodeRLE(stream, 256), samples[0] ?? NOTHING, `samples of ${name} in RLE`);
  } else {
    const expected = { kind, rows: 16, columns: 16, isLossless: true };
    t.equal(describeCodeStream(stream), expected, `the code stream of ${name}`);
  }
}

const ALIASES: readonly (readonly [fixture: string, alias: string])[] = [
  ['JLS', 'image/x-jls'],
  ['RLE', 'image/x-dicom-rle'],
  ['HTJ2K', 'image/jhc'],
  ['CXR', 'image/dicom+jpeg'],
  ['J2K', 'image/dicom+jp2'],
  ['J2K', 'image/j2c'],
];

export const TRANSFER_SYNTAX_CHECKS: readonly Check[] = [
  check('MT-17', 'M', '8.7.3.5.2', 'transfer-syntax=* gives what is stored', async (t) => {
    for (const fixture of t.fixtures(...COMPRESSED, 'CT', 'VID')) {
      const part = onlyPart(t, await t.parts(instanceURL(fixture), AS_STORED));
      t.equal(syntaxOf(part), fixture.transferSyntaxUID, `transfer-syntax of the part of ${fixture.name}`);
      t.equal(readPart10(part.body).transferSyntaxUID, fixture.transferSyntaxUID, `(0002,0010) of ${fixture.name}`);
    }
  }),
  check('MT-18', 'M', '8.7.3.4', 'without transfer-syntax: Explicit VR Little Endian, decoded', async (t) => {
    for (const fixture of t.fixtures('CT', 'CR', 'DEFL', ...DECODABLE)) {
      const file = await fileIn(t, fixture, DICOM_TYPE);
      t.equal(file.transferSyntaxUID, SYNTAX.explicitLittle, `(0002,0010) of ${fixture.name}`);
      if (fixture.name.endsWith('COLOUR')) {
        t.equal(textIn(file.elements, '00280004'), 'RGB', `Photometric Interpretation of ${fixture.name}`);
      }
      const samples = Buffer.concat([...(fixture.samples ?? [])]);
      const isPlanar = file.elements.find(({ tag }) => tag === '00280006')?.bytes[0] === 1;
      areSamples(t, pixelBytes(file), isPlanar ? inPlanes(samples) : samples, fixture.name);
    }
  }),
  check('MT-19', 'M', '8.7.3.4', 'what is lossy only comes lossy as stored, or decoded', async (t) => {
    for (const lossy of t.fixtures('LOSSY', ...LOSSY_NAMES)) {
      const file = await fileIn(t, lossy, DICOM_TYPE);
      const { transferSyntaxUID } = file;
      const allowed: readonly string[] = [lossy.transferSyntaxUID, SYNTAX.explicitLittle];
      t.expect(allowed.includes(transferSyntaxUID), `(0002,0010) one of ${allowed.join(', ')}`, transferSyntaxUID);
      if (transferSyntaxUID === SYNTAX.explicitLittle) areNear(t, pixelBytes(file), lossy);
      else {
        const fragments = file.elements.find(({ tag }) => tag === '7FE00010')?.fragments ?? [];
        t.equal(fragments.length, 1, `fragments of ${lossy.name}`);
        t.sameBytes(withoutPad(fragments[0] ?? NOTHING, lossy.frames[0]), lossy.frames[0] ?? NOTHING, lossy.name);
      }
    }
  }),
  check('MT-20', 'M', '8.7.3', 'Implicit VR and Big Endian are never returned', async (t) => {
    for (const fixture of t.fixtures('CR', 'BE')) {
      t.equal((await fileIn(t, fixture, DICOM_TYPE)).transferSyntaxUID, SYNTAX.explicitLittle, `${fixture.name} as`);
    }
    t.status(await t.get(instanceURL(t.fixture('CR')), dicomIn(SYNTAX.implicitLittle)), 406);
    t.status(await t.get(instanceURL(t.fixture('CT')), dicomIn(SYNTAX.explicitBig)), 406);
  }),
  check(
    'MT-21',
    'M',
    '8.7.8',
    'a transfer syntax that can not be had is 406; one that can be had loses nothing',
    async (t) => {
      t.status(await t.get(instanceURL(t.fixture('CT')), dicomIn('1.2.840.10008.1.2.4.999')), 406);
      for (const fixture of t.fixtures('J2K', 'JLS', 'HTJ2K', 'RLE')) {
        for (const [syntax, kind] of ENCODED) {
          if (syntax === fixture.transferSyntaxUID) continue;
          const answer = await t.get(instanceURL(fixture), dicomIn(syntax));
          t.status(answer, 406, 200);
          if (answer.status !== 200) continue;
          const part = onlyPart(t, parseMultipart(answer));
          t.equal(syntaxOf(part), syntax, `the transfer syntax asked for, of ${fixture.name}`);
          const file = readPart10(part.body);
          t.equal(file.transferSyntaxUID, syntax, '(0002,0010)');
          const [stream = NOTHING] = file.elements.find(({ tag }) => tag === '7FE00010')?.fragments ?? [];
          isExact(t, stream, kind, fixture);
        }
      }
    },
  ),
  check('MT-22', 'M', '8.7.3.5.2', 'several transfer syntaxes with quality values', async (t) => {
    const accept = `${dicomIn(SYNTAX.jpegBaseline)}, ${dicomIn(SYNTAX.explicitLittle)};q=0.5`;
    const file = await fileIn(t, t.fixture('CT'), accept);
    const allowed: readonly string[] = [SYNTAX.explicitLittle, SYNTAX.jpegBaseline];
    t.expect(allowed.includes(file.transferSyntaxUID), `one of ${allowed.join(', ')}`, file.transferSyntaxUID);
  }),
  check('MT-23', 'P', '8.7.3.5.2', 'transfer-syntax twice in one type: the first, then the second', async (t) => {
    const jls = t.fixture('JLS');
    const accept = `multipart/related; type="image/jls"; transfer-syntax="${SYNTAX.jpegLS}"; transfer-syntax="*"`;
    const part = onlyPart(t, await t.parts(`${instanceURL(jls)}/frames/1`, accept));
    t.sameBytes(part.body, jls.frames[0] ?? NOTHING, 'the frame');
  }),
  check('MT-25', 'M', '8.7.3.3.2', 'compressed frames have the media type of their transfer syntax', async (t) => {
    for (const fixture of t.fixtures(...COMPRESSED, 'VID')) {
      const type = MEDIA_TYPE_OF[fixture.transferSyntaxUID] ?? '';
      const accept = `multipart/related; type="${type}"; transfer-syntax=${fixture.transferSyntaxUID}`;
      const part = onlyPart(t, await t.parts(`${instanceURL(fixture)}/frames/1`, accept));
      const sent = parseMediaType(part.header('Content-Type') ?? '');
      t.equal(sent.type, type, `media type of ${fixture.name}`);
      t.equal(sent.parameters.get('transfer-syntax'), fixture.transferSyntaxUID, `transfer-syntax of ${fixture.name}`);
    }
    for (const [syntax] of ENCODED) {
      const type = MEDIA_TYPE_OF[syntax] ?? '';
      const accept = `multipart/related; type="${type}"; transfer-syntax=${syntax}`;
      const answer = await t.get(`${instanceURL(t.fixture('CT'))}/frames/1`, accept);
      t.status(answer, 200, 406);
      if (answer.status !== 200) continue;
      const part = onlyPart(t, parseMultipart(answer));
      t.equal(
        parseMediaType(part.header('Content-Type') ?? '').type,
        type,
        `media type of a frame encoded as ${syntax}`,
      );
      t.equal(syntaxOf(part), syntax, 'transfer-syntax of a frame that was encoded');
    }
    for (const name of ['J2K', 'JLS', 'HTJ2K', 'RLE', 'CXR', 'VID']) {
      const fixture = t.session.fixtures.get(name);
      if (fixture === undefined) continue;
      const type = MEDIA_TYPE_OF[fixture.transferSyntaxUID] ?? '';
      const part = onlyPart(t, await t.parts(`${instanceURL(fixture)}/frames/1`, `multipart/related; type="${type}"`));
      t.equal(syntaxOf(part), fixture.transferSyntaxUID, `the default transfer syntax of ${type}`);
    }
  }),
  check(
    'MT-26',
    'M',
    '8.7.8.2',
    'image/jpeg without transfer-syntax on Baseline: as stored, transcoded, or 406',
    async (t) => {
      const lossy = t.fixture('LOSSY');
      const answer = await t.get(`${instanceURL(lossy)}/frames/1`, 'multipart/related; type="image/jpeg"');
      t.status(answer, 200, 406);
      if (answer.status === 406) return;
      const part = onlyPart(t, parseMultipart(answer));
      const allowed: readonly (string | undefined)[] = [SYNTAX.jpegBaseline, SYNTAX.jpegLossless];
      t.expect(allowed.includes(syntaxOf(part)), `transfer-syntax ${allowed.join(' or ')}`, syntaxOf(part));
    },
  ),
  check('MT-27', 'S', '8.7.3.3.2', 'older and other names of media types are understood', async (t) => {
    for (const [name, alias] of ALIASES) {
      const fixture = t.fixture(name);
      const accept = `multipart/related; type="${alias}"; transfer-syntax=${fixture.transferSyntaxUID}`;
      const part = onlyPart(t, await t.parts(`${instanceURL(fixture)}/frames/1`, accept));
      const { type } = parseMediaType(part.header('Content-Type') ?? '');
      t.equal(type, MEDIA_TYPE_OF[fixture.transferSyntaxUID], `the standard's name for ${alias}`);
    }
  }),
  check('RI-04', 'M', '8.7.3.4', 'instances come in Explicit VR Little Endian, or as lossy as they are', async (t) => {
    const isLossy = new Set(t.fixtures('J51', ...LOSSY_NAMES).map(({ transferSyntaxUID }) => transferSyntaxUID));
    for (const part of (await t.parts(studyURL(t.fixture('J51')), DICOM_TYPE)).parts) {
      const { transferSyntaxUID } = readPart10(part.body);
      const isAllowed = transferSyntaxUID === SYNTAX.explicitLittle || isLossy.has(transferSyntaxUID);
      t.expect(isAllowed, 'Explicit VR Little Endian, or the lossy transfer syntax that is stored', transferSyntaxUID);
    }
    const { parts } = await t.parts(studyURL(t.fixture('CT')), DICOM_TYPE);
    for (const part of parts) {
      t.equal(readPart10(part.body).transferSyntaxUID, SYNTAX.explicitLittle, '(0002,0010)');
    }
    if (!t.session.fixtures.has('BE')) return;
    const frames = await t.parts(`${instanceURL(t.fixture('BE'))}/frames/1`, OCTETS_TYPE);
    t.sameBytes(onlyPart(t, frames).body, t.fixture('BE').frames[0] ?? NOTHING, 'the frame of BE in little endian');
  }),
];
