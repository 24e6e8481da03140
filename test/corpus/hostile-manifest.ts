/** What is expected of the hostile files, row by row, and where this archive judges otherwise on purpose. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';

export interface Expectation {
  readonly outcome: 'accept' | 'coerce' | 'reject';
  /** Of a request with this file alone. */
  readonly httpAlone: number;
  readonly failureReason?: number;
  readonly warningReason?: number;
  /** Instances that are stored of it. */
  readonly stored: number;
  readonly maxMs: number;
  readonly maxRssMiB: number;
}

export interface HostileFile {
  readonly file: string;
  readonly category: string;
  readonly expect: Expectation;
}

/** Read the rows of a manifest. */
export function readHostileManifest(folder: string): readonly HostileFile[] {
  const manifest: { readonly files: readonly HostileFile[] } = JSON.parse(
    readFileSync(join(folder, 'manifest.json'), 'utf8'),
  );
  return manifest.files;
}

/** The number at the start of a file's name. */
export const rowOf = ({ file }: HostileFile): string => file.slice(0, 3);

/** Whether content that identifies a person is the point of the file: the gate that judges it is not part of this test. */
export const isOfPrivacy = ({ category }: HostileFile): boolean => category === 'privacy';

/** The file that must be stored before one that contradicts it. */
export const PREDECESSORS: ReadonlyMap<string, string> = new Map([
  ['122', '121'],
  ['123', '121'],
  ['124', '121'],
  ['125', '121'],
]);

interface Deviation {
  readonly rows: readonly string[];
  readonly expect: Partial<Expectation>;
  readonly because: string;
}

const DEVIATIONS: readonly Deviation[] = [
  {
    rows: ['005'],
    expect: { outcome: 'accept', httpAlone: 200, stored: 1 },
    because: 'Explicit VR Big Endian is read, for old archives are full of it; the manifest allows either.',
  },
  {
    rows: ['006'],
    expect: { failureReason: FAILURE_REASON.cannotUnderstand },
    because: 'As Big Endian is read, a data set that only claims to be in it is one that can not be understood.',
  },
  {
    rows: ['123'],
    expect: { failureReason: FAILURE_REASON.duplicateSOPInstance },
    because:
      'The standard has a reason of its own for a SOP Instance UID that is taken (0111H), which says more than 0110H.',
  },
  {
    rows: ['124', '125'],
    expect: { failureReason: FAILURE_REASON.dataSetDoesNotMatchSOPClass },
    because: 'It contradicts what is stored under its UIDs (A900H); nothing failed in processing it.',
  },
];

/** The outcome that is expected here: that of the manifest, or of a deviation from it. */
export function expectationOf(row: HostileFile): Expectation & Pick<Deviation, 'because'> {
  const deviation = DEVIATIONS.find(({ rows }) => rows.includes(rowOf(row)));
  const { failureReason, ...rest } = { ...row.expect, ...deviation?.expect, because: deviation?.because ?? '' };
  const isReject = rest.outcome === 'reject';
  // Stored with a warning is told by 202, not 200: PS3.18 Table 10.5.3-1.
  const httpAlone = rest.outcome === 'coerce' ? 202 : rest.httpAlone;
  return { ...rest, httpAlone, ...(isReject && failureReason !== undefined ? { failureReason } : {}) };
}
