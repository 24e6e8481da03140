/** How an instance is to be rendered, as parameters of the URI service say. PS3.18 §9.5.1.2, Table 9.5.1-1 */
import { isUID } from '../dicom/uids.js';
import { invalidRequest } from '../errors.js';
import { MOST_QUALITY, readAnnotations, readDecimal } from './rendering-values.js';

export interface Rendering {
  /** From 1. */
  readonly frameNumber: number | undefined;
  /** What is to be written on the image: `patient`, `technique`, or words that nobody knows. */
  readonly annotations: readonly string[];
  /** 1 to 100. */
  readonly imageQuality: number | undefined;
  /** The most pixels of either side; the image keeps its proportions. */
  readonly rows: number | undefined;
  readonly columns: number | undefined;
  readonly region: Region | undefined;
  readonly window: GrayscaleWindow | undefined;
  readonly presentation: PresentationReference | undefined;
}

/** Fractions of width and height, from the top left corner. */
export interface Region {
  readonly xMin: number;
  readonly yMin: number;
  readonly xMax: number;
  readonly yMax: number;
}

export interface GrayscaleWindow {
  readonly center: number;
  /** More than 0. */
  readonly width: number;
}

/** A Presentation State of the same study. */
export interface PresentationReference {
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
}

export const RENDERING_PARAMETERS = [
  'frameNumber',
  'annotation',
  'imageQuality',
  'rows',
  'columns',
  'region',
  'windowCenter',
  'windowWidth',
  'presentationUID',
  'presentationSeriesUID',
] as const;

type Name = (typeof RENDERING_PARAMETERS)[number];
type Known = ReadonlyMap<string, string>;

/** Read them. @throws ArchiveError `invalid-request` for a value that none can have, or one without the other it needs */
export function readRendering(known: Known): Rendering {
  const window = readWindow(known);
  const presentation = readPresentation(known);
  if (window !== undefined && presentation !== undefined) {
    throw invalidRequest('A window is not combined with a Presentation State, which has its own.');
  }
  return {
    frameNumber: readCount(known, 'frameNumber'),
    annotations: readAnnotations(known.get('annotation')),
    imageQuality: readCount(known, 'imageQuality', MOST_QUALITY),
    rows: readCount(known, 'rows'),
    columns: readCount(known, 'columns'),
    region: readRegion(known),
    window,
    presentation,
  };
}

/** Make sure that nobody takes a DICOM instance for a windowed image. @throws ArchiveError `invalid-request`. PS3.18 §9.5.1.2.6 */
export function expectNoWindow(known: Known): void {
  if (!known.has('windowCenter') && !known.has('windowWidth')) return;
  throw invalidRequest(
    'The parameters windowCenter and windowWidth are for rendered images, not for application/dicom.',
  );
}

function readCount(known: Known, name: Name, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const text = known.get(name);
  if (text === undefined) return undefined;
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  const bounds = most === Number.MAX_SAFE_INTEGER ? 'of 1 or more' : `from 1 to ${most}`;
  throw invalidRequest(`The parameter ${name} is not an integer ${bounds}.`);
}

/** PS3.18 §9.5.1.2.5, §9.5.2.4 */
function readRegion(known: Known): Region | undefined {
  const text = known.get('region');
  if (text === undefined) return undefined;
  const [xMin, yMin, xMax, yMax, ...others] = text.split(',').map(readDecimal);
  if (
    isFraction(xMin) &&
    isFraction(yMin) &&
    isFraction(xMax) &&
    isFraction(yMax) &&
    others.length === 0 &&
    xMin < xMax &&
    yMin < yMax
  ) {
    return { xMin, yMin, xMax, yMax };
  }
  throw invalidRequest(
    'The parameter region is not xmin,ymin,xmax,ymax, from 0 to 1, each minimum less than its maximum.',
  );
}

const isFraction = (value: number | undefined): value is number => value !== undefined && value >= 0 && value <= 1;

function readWindow(known: Known): GrayscaleWindow | undefined {
  const both = readBoth(known, 'windowCenter', 'windowWidth');
  if (both === undefined) return undefined;
  const [center = Number.NaN, width = Number.NaN] = both.map(readDecimal);
  if (!Number.isFinite(center) || !Number.isFinite(width) || width <= 0) {
    throw invalidRequest('The parameters windowCenter and windowWidth are not decimal numbers, the width more than 0.');
  }
  return { center, width };
}

function readPresentation(known: Known): PresentationReference | undefined {
  const both = readBoth(known, 'presentationSeriesUID', 'presentationUID');
  if (both === undefined) return undefined;
  const [seriesInstanceUID, sopInstanceUID] = both;
  if (isUID(seriesInstanceUID) && isUID(sopInstanceUID)) return { seriesInstanceUID, sopInstanceUID };
  throw invalidRequest('The parameters presentationSeriesUID and presentationUID are not UIDs.');
}

function readBoth(known: Known, one: Name, other: Name): readonly [string, string] | undefined {
  const values = [known.get(one), known.get(other)] as const;
  const [first, second] = values;
  if (first !== undefined && second !== undefined) return [first, second];
  if (first === second) return undefined;
  throw invalidRequest(`The parameters ${one} and ${other} are given together or not at all.`);
}
