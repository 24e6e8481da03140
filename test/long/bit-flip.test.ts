/** Bits that rot on disk: no route gives a wrong byte in an answer that ends well, and `verify` names every file. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  codeStream,
  element,
  type InstanceOptions,
  type MadeInstance,
  makeInstance,
  SYNTAX,
} from '../http/instances.js';
import { readParts } from '../http/parts.js';
import { ask } from '../http/wire.js';
import { multipartBody } from '../support/running-archive.js';
import { Seeded } from '../support/seeded.js';
import { ServedArchive } from '../support/served-archive.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const STUDIES = 5;
const PRIVATE_VALUE = 0x00431010;
const TRAILING_PADDING = 0xfffcfffc;
const HEADER_BYTES = 1_000;
const TRAILER_BYTES = 300;
const STORED = 'transfer-syntax=*';

type Kind = Omit<InstanceOptions, 'study'>;

const frames = (count: number, side: number, name: string): Kind => ({
  attributes: {
    Rows: side,
    Columns: side,
    NumberOfFrames: String(count),
    PixelData: new Seeded(name).bytes(count * side * side * 2),
  },
});

const codeStreams = (count: number, lengthBytes: number, name: string): Kind => ({
  fragments: Array.from({ length: count }, (_, n) => [codeStream(`${name} ${n}`, lengthBytes)]),
  attributes: { NumberOfFrames: String(count) },
});

const [implicit, deflated, bigEndian] = [SYNTAX.implicit, SYNTAX.deflated, SYNTAX.bigEndian];
/** Twenty, as archives hold them: small and large, of every encoding; one of more than 1 MiB, three of more than 20 MiB. */
const KINDS: readonly Kind[] = [
  frames(1, 128, 'a slice'),
  frames(1, 256, 'another slice'),
  frames(1, 512, 'a third slice'),
  frames(8, 64, 'frames'),
  frames(5, 512, 'large frames'),
  frames(50, 512, 'many large frames'),
  { ...frames(1, 128, 'an implicit slice'), transferSyntaxUID: implicit },
  { ...frames(6, 200, 'implicit frames'), transferSyntaxUID: implicit },
  { ...frames(1, 3_300, 'an implicit radiograph'), transferSyntaxUID: implicit },
  { ...frames(1, 128, 'a swapped slice'), transferSyntaxUID: bigEndian },
  { ...frames(4, 300, 'swapped frames'), transferSyntaxUID: bigEndian },
  { ...frames(1, 3_400, 'a swapped radiograph'), transferSyntaxUID: bigEndian },
  { ...frames(1, 128, 'a deflated slice'), transferSyntaxUID: deflated },
  { ...frames(5, 256, 'deflated frames'), transferSyntaxUID: deflated },
  { ...frames(1, 1_000, 'a deflated radiograph'), transferSyntaxUID: deflated },
  { ...codeStreams(1, 20_000, 'a code stream'), transferSyntaxUID: SYNTAX.jpegBaseline },
  { ...codeStreams(10, 5_000, 'code streams'), transferSyntaxUID: SYNTAX.jpeg2000 },
  { ...codeStreams(3, 900_000, 'long code streams'), transferSyntaxUID: SYNTAX.jpegLS },
  { ...codeStreams(1, 300_000, 'a lossless code stream'), transferSyntaxUID: SYNTAX.jpegLossless },
  { ...codeStreams(2, 40_000, 'run lengths'), transferSyntaxUID: SYNTAX.rle },
];

const instances: readonly MadeInstance[] = KINDS.map((kind, n) =>
  makeInstance({
    ...kind,
    study: `study ${n % STUDIES}`,
    instance: `instance ${n}`,
    elements: [
      element(0x00430010, 'MAKER', 'LO'),
      element(PRIVATE_VALUE, bytesOf(`value ${n}`, 3_000), 'OB'),
      // Behind encapsulated Pixel Data, which is put at the end, nothing may stand.
      ...(kind.fragments === undefined
        ? [element(TRAILING_PADDING, bytesOf(`padding ${n}`, TRAILER_BYTES), 'OB')]
        : []),
    ],
  }),
);

interface Question {
  readonly path: string;
  readonly accept: string;
  /** Whether no byte of a file is needed to answer it, or every one. */
  readonly reads: 'index' | 'some' | 'all';
}

function questionsOf({ path, studyInstanceUID }: MadeInstance, { fragments, attributes }: Kind): readonly Question[] {
  const series = path.slice(0, path.indexOf('/instances/'));
  const files = `multipart/related; type="application/dicom"; ${STORED}`;
  const octets = `multipart/related; type="application/octet-stream"; ${STORED}`;
  const count = Number(attributes?.['NumberOfFrames'] ?? 1);
  const whole = [`/studies/${studyInstanceUID}`, series, path];
  return [
    ...whole.map((of) => ({ path: `${of}/metadata`, accept: 'application/dicom+json', reads: 'index' as const })),
    ...whole.map((of) => ({ path: of, accept: files, reads: 'all' as const })),
    { path, accept: `application/dicom; ${STORED}`, reads: 'all' },
    ...(fragments === undefined ? [{ path, accept: 'application/dicom', reads: 'all' as const }] : []),
    // Compressed pixels are not among the values that are given as octets.
    { path, accept: octets, reads: 'some' },
    { path: `${path}/frames/1`, accept: octets, reads: 'some' },
    { path: `${path}/frames/1`, accept: `application/octet-stream; ${STORED}`, reads: 'some' },
    { path: `${path}/frames/${Array.from({ length: count }, (_, n) => n + 1)}`, accept: octets, reads: 'some' },
    { path: `${path}/bulkdata/7FE00010`, accept: octets, reads: 'some' },
    { path: `${path}/bulkdata/00431010`, accept: 'application/octet-stream', reads: 'some' },
  ];
}

/** What an answer says that ended well: a digest of its parts. Undefined of one that was refused or broke off. */
async function saidBy(archive: ServedArchive, { path, accept }: Question, agent: Agent): Promise<string | undefined> {
  const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: accept };
  const answer = await ask(archive.url, `/dicom-web${path}`, { headers, agent }).catch(() => undefined);
  if (answer === undefined || !answer.isComplete || answer.status >= 500) return undefined;
  const type = answer.headers['content-type'] ?? '';
  const bodies = type.startsWith('multipart/')
    ? readParts(type, answer.body).parts.map(({ body }) => body)
    : [answer.body];
  return `${answer.status} ${bodies.map((body) => createHash('sha256').update(body).digest('hex'))}`;
}

const pathOf = (archive: ServedArchive, made: MadeInstance): string => {
  const folder = join(archive.folder, 'studies', made.studyInstanceUID, made.seriesInstanceUID);
  return join(folder, readdirSync(folder).find((name) => name.startsWith(`${made.sopInstanceUID}.`)) ?? 'none');
};

function flipBit(path: string, at: number, bit: number): void {
  const byte = Buffer.alloc(1);
  const file = openSync(path, 'r+');
  readSync(file, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ (1 << bit);
  writeSync(file, byte, 0, 1, at);
  closeSync(file);
}

/** In the header, anywhere, or at the end. */
function placeIn(sizeBytes: number, n: number, chance: Seeded): number {
  if (n % 3 === 0) return chance.below(HEADER_BYTES);
  return n % 3 === 1 ? chance.below(sizeBytes) : sizeBytes - 1 - chance.below(TRAILER_BYTES);
}

function markedIn(archive: ServedArchive): readonly string[] {
  const index = new Sqlite(join(archive.folder, 'index.sqlite'), { readonly: true });
  try {
    return index
      .prepare('select sop_instance_uid from instance where damaged_at is not null')
      .pluck()
      .all()
      .map(String);
  } finally {
    index.close();
  }
}

async function storeAll(archive: ServedArchive): Promise<void> {
  for (const { file } of instances) {
    const body = multipartBody([file], 'parts');
    const headers = {
      Authorization: `Bearer ${archive.siteToken}`,
      'Content-Type': 'multipart/related; type="application/dicom"; boundary=parts',
      'Content-Length': String(body.length),
    };
    const answer = await ask(archive.url, '/dicom-web/studies', { method: 'POST', headers, body });
    if (answer.status !== 200) throw new Error(answer.body.toString());
  }
}

describe('a flipped bit in every file', () => {
  it(`F11 is never in an answer that ends well, is marked in the index, and found by verify: ${KINDS.length} files`, async () => {
    const archive = await ServedArchive.make(temporaryFolder());
    const chance = new Seeded('rot');
    const agent = new Agent({ keepAlive: true });
    const questions = instances.flatMap((made, n) => questionsOf(made, KINDS[n] ?? {}));
    await archive.start();
    try {
      await storeAll(archive);
      const right = new Map<Question, string | undefined>();
      for (const question of questions) right.set(question, await saidBy(archive, question, agent));
      expect([...right].filter(([, said]) => said?.startsWith('200 ') !== true)).toEqual([]);

      for (const [n, made] of instances.entries()) {
        const path = pathOf(archive, made);
        flipBit(path, placeIn(statSync(path).size, n, chance), chance.below(8));
      }

      const wrong: string[] = [];
      let same = 0;
      for (const question of questions) {
        const said = await saidBy(archive, question, agent);
        const isSame = said === right.get(question);
        if (isSame) same += 1;
        const isLawful = { index: isSame, some: isSame || said === undefined, all: said === undefined }[question.reads];
        if (!isLawful) wrong.push(`${question.accept} ${question.path}: ${said}`);
      }
      const uids = instances.map(({ sopInstanceUID }) => sopInstanceUID).sort();
      await expect.poll(() => [...markedIn(archive)].sort(), { timeout: 10_000 }).toEqual(uids);
      const logged = archive.log.filter((line) => line.includes('a stored instance is damaged'));
      await archive.stop();
      const { status, findings, sentence } = await archive.verify();
      console.info(
        `bit flip: ${KINDS.length} files, ${questions.length} answers, ${same} of them right, ${questions.length - same - wrong.length} refused or broken off, ${wrong.length} wrong; verify: ${sentence}`,
      );
      expect(wrong).toEqual([]);
      for (const uid of uids) expect(logged.some((line) => line.includes(uid))).toBe(true);
      expect(findings).toEqual(
        instances
          .map((made) => ({ kind: 'damaged-file', key: pathOf(archive, made).slice(archive.folder.length + 1) }))
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
      );
      expect(status).toBe(1);
    } finally {
      agent.destroy();
      await archive.kill();
    }
  });
});
