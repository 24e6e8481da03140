/** Decoders that know nothing of ours: DCMTK, GDCM and OpenJPH's own program, each for the transfer syntaxes that it is sure of. */
import { execFile, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encodeFrameTable, findFrame } from '../../src/dicom/frame-table.js';
import { FrameTableBuilder } from '../../src/dicom/frames.js';
import { Part10Reader } from '../../src/dicom/part10-reader.js';

const run = promisify(execFile);
const ROOT = '1.2.840.10008.1.2';

const DECODERS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...['50', '51', '53', '55', '57', '70'].map((leaf) => [`${ROOT}.4.${leaf}`, ['dcmdjpeg']] as const),
  ...['80', '81'].map((leaf) => [`${ROOT}.4.${leaf}`, ['dcmdjpls']] as const),
  ...['90', '91'].map((leaf) => [`${ROOT}.4.${leaf}`, ['gdcmconv', '--raw']] as const),
  [`${ROOT}.5`, ['dcmdrle']],
]);
const HTJ2K: ReadonlySet<string> = new Set(['201', '202', '203'].map((leaf) => `${ROOT}.4.${leaf}`));

export const isOracleFor = (transferSyntaxUID: string): boolean =>
  DECODERS.has(transferSyntaxUID) || HTJ2K.has(transferSyntaxUID);

/** Whether this machine has all of them; when not, one line says so. */
export function hasOracles(): boolean {
  const missing = ['dcmdjpeg', 'dcmdjpls', 'dcmdrle', 'gdcmconv', 'ojph_expand'].find(
    (command) => spawnSync(command, ['--version']).error !== undefined,
  );
  if (missing !== undefined) console.info(`Tests with other decoders did not run: there is no ${missing}.`);
  return missing === undefined;
}

/** A Part 10 file, decoded; undefined when the oracle will not have it. */
export async function decodedByOracle(
  file: Buffer,
  transferSyntaxUID: string,
  folder: string,
): Promise<Buffer | undefined> {
  const [from, to] = [join(folder, 'encoded.dcm'), join(folder, 'decoded.dcm')];
  const [command = '', ...args] = DECODERS.get(transferSyntaxUID) ?? [];
  await writeFile(from, file);
  try {
    await run(command, [...args, from, to]);
    return await readFile(to);
  } catch {
    return undefined;
  }
}

/** The samples of one HTJ2K code stream, colour by pixel, little endian. */
export async function samplesByOpenJPH(stream: Uint8Array, samplesPerPixel: number, folder: string): Promise<Buffer> {
  const [from, to] = [join(folder, 'frame.j2c'), join(folder, samplesPerPixel === 1 ? 'frame.pgm' : 'frame.ppm')];
  await writeFile(from, stream);
  await run('ojph_expand', ['-i', from, '-o', to]);
  const image = await readFile(to);
  const head = /^P[56]\s+(?:#[^\n]*\s+)?\d+\s+\d+\s+(\d+)\s/.exec(image.toString('latin1', 0, 200));
  if (head === null) throw new Error('OpenJPH has written no picture.');
  const samples = image.subarray(head[0].length);
  return Number(head[1]) > 255 ? Buffer.from(samples).swap16() : samples;
}

/** The bytes of each frame of a Part 10 file. */
export async function framesOf(file: Buffer): Promise<readonly Buffer[]> {
  let builder: FrameTableBuilder | undefined;
  const reader = new Part10Reader({
    openPixelData: ({ dataSet, pixelData, transferSyntax }) => {
      if (pixelData === undefined) throw new Error('There is Pixel Data.');
      builder = new FrameTableBuilder({ dataSet, pixelData, transferSyntax });
      return builder;
    },
  });
  await reader.write(file);
  await reader.end();
  if (builder === undefined) return [];
  const table = builder.build();
  const encoded = encodeFrameTable(table);
  return Array.from({ length: table.frameCount }, (_, frame) =>
    Buffer.concat(
      (findFrame(encoded, frame)?.ranges ?? []).map(({ offset, lengthBytes }) =>
        file.subarray(offset, offset + lengthBytes),
      ),
    ),
  );
}
