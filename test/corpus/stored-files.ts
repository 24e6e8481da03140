/** Sends one file to a running archive as any client would, and takes it back: what these tests know of the server. */
import type { RunningArchive } from '../support/running-archive.js';

/** A server, in this process or another. */
export type Server = Pick<RunningArchive, 'base' | 'fetch' | 'store'>;

/** What the archive answered to one file sent alone. */
export interface SentFile {
  readonly status: number;
  /** Where the instance is now, below the DICOMweb services; undefined when it was refused. */
  readonly path: string | undefined;
  readonly failureReason: number | undefined;
  readonly warningReason: number | undefined;
  /** The sentence that goes with a failure. */
  readonly explanation: string;
  /** The answer as text. */
  readonly text: string;
}

/** An element of the DICOM JSON Model. */
export interface JSONElement {
  readonly vr: string;
  readonly Value?: readonly unknown[];
  readonly InlineBinary?: string;
  readonly BulkDataURI?: string;
}

/** A data set of the DICOM JSON Model. */
export type JSONDataSet = Readonly<Record<string, JSONElement>>;

const REFERENCED_SOP_SEQUENCE = '00081199';
const FAILED_SOP_SEQUENCE = '00081198';
const OTHER_FAILURES_SEQUENCE = '0008119A';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isElement = (value: unknown): value is JSONElement => isObject(value) && typeof value['vr'] === 'string';

/** Read a data set of the DICOM JSON Model, of which nothing is known yet. */
export function asDataSet(value: unknown): JSONDataSet {
  if (!isObject(value)) throw new Error('A data set in JSON is an object.');
  return Object.fromEntries(
    Object.entries(value).map(([name, element]) => {
      if (!isElement(element)) throw new Error(`The attribute ${name} has no vr.`);
      return [name, element];
    }),
  );
}

/** The items of a sequence; none when it is not there. */
export const itemsOf = (dataSet: JSONDataSet, name: string): readonly JSONDataSet[] =>
  (dataSet[name]?.Value ?? []).map(asDataSet);

const numberOf = (dataSet: JSONDataSet | undefined, name: string): number | undefined => {
  const value = dataSet?.[name]?.Value?.[0];
  return typeof value === 'number' ? value : undefined;
};

/** The first value of an attribute as text; '' when there is none. */
export const textOf = (dataSet: JSONDataSet | undefined, name: string): string =>
  String(dataSet?.[name]?.Value?.[0] ?? '');

/** Store one file, in a request of its own. */
export const send = async (archive: Server, token: string, file: Buffer): Promise<SentFile> =>
  sentFileOf(archive, await archive.store(token, [file]));

/** What the archive answered to a request of one instance. */
export async function sentFileOf(archive: Server, response: Response): Promise<SentFile> {
  const text = await response.text();
  const answer = asDataSet(JSON.parse(text));
  const [stored] = itemsOf(answer, REFERENCED_SOP_SEQUENCE);
  const [failed] = [...itemsOf(answer, FAILED_SOP_SEQUENCE), ...itemsOf(answer, OTHER_FAILURES_SEQUENCE)];
  return {
    status: response.status,
    path: stored === undefined ? undefined : textOf(stored, '00081190').slice(archive.base.length),
    failureReason: numberOf(failed, '00081197'),
    warningReason: numberOf(stored, '00081196'),
    explanation: textOf(failed, '00091001'),
    text,
  };
}

/** A GET whose answer must be 200, or 204 for a search that finds nothing. */
export async function get(archive: Server, token: string, path: string, accept: string): Promise<Response> {
  const response = await archive.fetch(token, path, { headers: { Accept: accept } });
  if (response.status !== 200 && response.status !== 204)
    throw new Error(`GET ${path} gave ${response.status}: ${await response.text()}`);
  return response;
}

/** Data sets in DICOM JSON, of a search or of metadata; none when a search finds nothing. */
export async function getJSON(archive: Server, token: string, path: string): Promise<readonly JSONDataSet[]> {
  const response = await get(archive, token, path, 'application/dicom+json');
  if (response.status === 204) return [];
  const answer: unknown = JSON.parse(await response.text());
  if (!Array.isArray(answer)) throw new Error('Metadata and searches are answered with an array.');
  return answer.map(asDataSet);
}

/** An instance as a Part 10 file in that transfer syntax, `*` for that in which it is stored. */
export async function getFile(
  archive: Server,
  token: string,
  path: string,
  transferSyntaxUID: string,
): Promise<Buffer> {
  const accept = `application/dicom; transfer-syntax=${transferSyntaxUID}`;
  return Buffer.from(await (await get(archive, token, path, accept)).arrayBuffer());
}

const PREAMBLE_BYTES = 128;
/** Preamble, prefix, and the head and value of the group length. */
const FILE_META_OFFSET = 144;
const GROUP_LENGTH_OFFSET = 140;

/** Where the data set of a Part 10 file begins. Its group length must be there and true. */
export const dataSetOffset = (file: Buffer): number => FILE_META_OFFSET + file.readUInt32LE(GROUP_LENGTH_OFFSET);

/** How a file that was given back differs from the one that was sent. */
export function differenceOf(sent: Buffer, stored: Buffer): 'nothing' | 'preamble' | 'file start' | 'data set' {
  if (stored.equals(sent)) return 'nothing';
  if (stored.subarray(PREAMBLE_BYTES).equals(sent.subarray(PREAMBLE_BYTES))) return 'preamble';
  const isDataSetSame = stored.subarray(dataSetOffset(stored)).equals(sent.subarray(dataSetOffset(sent)));
  return isDataSetSame ? 'file start' : 'data set';
}
