/**
 * How stored values become grey: Modality LUT, VOI LUT, Presentation LUT, and which values are no image at all.
 * PS3.3 §C.11.1, §C.11.2, §C.11.6, §C.7.5.1.1.2, PS3.4 §N.2
 */
import { TAG } from '../../dicom/attributes.js';
import type { DataSet } from '../../dicom/data-set.js';
import { readNumber, readString } from '../../dicom/values.js';
import { functionalGroup } from './functional-groups.js';
import { findLookupTable, itemsOf, type LookupTable, readLookupTable } from './lookup-table.js';
import type { SampleLayout } from './sample-layout.js';
import { isWindow, type Window, type WindowFunction } from './window.js';

export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

export type Modality =
  | ({ readonly kind: 'rescale' } & Rescale)
  | { readonly kind: 'table'; readonly table: LookupTable };

/** An inclusive range of values. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/** `extent` stretches what the pixels of the frame hold, its least to black and its largest to white. */
export type VOI =
  | { readonly kind: 'window'; readonly window: Window }
  | { readonly kind: 'table'; readonly table: LookupTable }
  | ({ readonly kind: 'range' } & ValueRange)
  | { readonly kind: 'extent' };

export interface GreyPlan {
  readonly modality: Modality;
  readonly voi: VOI;
  /** From VOI values to P-values. */
  readonly presentation: LookupTable | undefined;
  /** The least value is white. */
  readonly isInverse: boolean;
  /** Stored values that are drawn as background, black. */
  readonly padding: ValueRange | undefined;
}

/** Where the three steps are described: in the image, or in a presentation state that stands in its place. */
export interface GreySources {
  readonly image: DataSet;
  /** From 1. */
  readonly frameNumber: number;
  readonly layout: SampleLayout;
  readonly window: Window | undefined;
  readonly presentation: { readonly state: DataSet; readonly voi: DataSet | undefined } | undefined;
}

const IDENTITY: Modality = { kind: 'rescale', slope: 1, intercept: 0 };
/** Of images that are colour. */
export const NO_GREY: GreyPlan = {
  modality: IDENTITY,
  voi: { kind: 'extent' },
  presentation: undefined,
  isInverse: false,
  padding: undefined,
};
const FUNCTIONS: ReadonlyMap<string, WindowFunction> = new Map<string, WindowFunction>([
  ['LINEAR_EXACT', 'linear-exact'],
  ['SIGMOID', 'sigmoid'],
]);
/** Their Modality LUT leads back to the X-ray beam, and is not for display. PS3.3 §C.8.7.1.1.2 */
const ANGIOGRAPHY = ['1.2.840.10008.5.1.4.1.1.12.1', '1.2.840.10008.5.1.4.1.1.12.2'];
const NOT_LINEAR = ['LOG', 'DISP'];

/** @throws InvalidInstance A900H when a look-up table is none */
export function readGreyPlan(sources: GreySources): GreyPlan {
  const { image, layout, presentation } = sources;
  const modality = modalityOf(sources);
  return {
    modality,
    voi: voiOf(sources, modality),
    presentation: presentationTable(presentation?.state ?? image),
    isInverse: isInverse(presentation?.state ?? image),
    padding: paddingOf(image, layout),
  };
}

function modalityOf({ image, frameNumber, layout, presentation }: GreySources): Modality {
  if (presentation === undefined && isForBeam(image)) return IDENTITY;
  const source = presentation?.state ?? functionalGroup(image, frameNumber, TAG.PixelValueTransformationSequence);
  const item = itemsOf(source, TAG.ModalityLUTSequence)[0];
  if (item !== undefined) return { kind: 'table', table: readLookupTable(item, layout.isSigned) };
  // A slope of 0 would leave nothing to see, and is written by those who mean none.
  const slope = readNumber(source, TAG.RescaleSlope) || 1;
  return { kind: 'rescale', slope, intercept: readNumber(source, TAG.RescaleIntercept) ?? 0 };
}

const isForBeam = (image: DataSet): boolean =>
  ANGIOGRAPHY.includes(readString(image, TAG.SOPClassUID) ?? '') &&
  NOT_LINEAR.includes(readString(image, TAG.PixelIntensityRelationship) ?? '');

function voiOf({ image, frameNumber, layout, window, presentation }: GreySources, modality: Modality): VOI {
  if (window !== undefined) return { kind: 'window', window };
  const full = fullRange(layout, modality);
  if (presentation !== undefined) {
    return (presentation.voi && describedVOI(presentation.voi, full.low < 0)) ?? { kind: 'range', ...full };
  }
  const described = describedVOI(functionalGroup(image, frameNumber, TAG.FrameVOILUTSequence), full.low < 0);
  return described ?? shareOfSegment(image, layout) ?? { kind: 'extent' };
}

/** The first window, else the first table, of a data set that has them; one that is none is passed over. */
function describedVOI(source: DataSet, maySign: boolean): VOI | undefined {
  const window = describedWindow(source);
  if (window !== undefined) return { kind: 'window', window };
  const item = itemsOf(source, TAG.VOILUTSequence)[0];
  const table = item && findLookupTable(item, maySign);
  return table && { kind: 'table', table };
}

function describedWindow(source: DataSet): Window | undefined {
  const center = readNumber(source, TAG.WindowCenter);
  const width = readNumber(source, TAG.WindowWidth);
  if (center === undefined || width === undefined) return undefined;
  const shape = FUNCTIONS.get(readString(source, TAG.VOILUTFunction) ?? '') ?? 'linear';
  // Less than 1 is no width for `linear`; who writes it for fractions means the exact one.
  const window: Window = { center, width, function: shape === 'linear' && width < 1 ? 'linear-exact' : shape };
  return isWindow(window) ? window : undefined;
}

/** One bit is all or nothing; the value of a fractional segment is its share of the largest. PS3.3 §C.8.20.2.3 */
function shareOfSegment(image: DataSet, { bitsStored }: SampleLayout): VOI | undefined {
  if (bitsStored === 1) return { kind: 'range', low: 0, high: 1 };
  const most = readNumber(image, TAG.MaximumFractionalValue) ?? 0;
  const isFractional = readString(image, TAG.SegmentationType) === 'FRACTIONAL' && most > 0;
  return isFractional ? { kind: 'range', low: 0, high: most } : undefined;
}

/** All that the Modality LUT can give. */
function fullRange({ isSigned, bitsStored }: SampleLayout, modality: Modality): ValueRange {
  if (modality.kind === 'table') return { low: 0, high: modality.table.most };
  const least = isSigned ? -(2 ** (bitsStored - 1)) : 0;
  const ends = [least, least + 2 ** bitsStored - 1].map((value) => value * modality.slope + modality.intercept);
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

function presentationTable(source: DataSet): LookupTable | undefined {
  const item = itemsOf(source, TAG.PresentationLUTSequence)[0];
  return item === undefined ? undefined : readLookupTable(item, false);
}

/**
 * MONOCHROME1 of an image, and a Presentation LUT Shape of INVERSE, say the same, so that together they invert once. In a
 * presentation state there is only the shape: what it refers to has P-values, whatever its Photometric Interpretation.
 */
const isInverse = (source: DataSet): boolean =>
  readString(source, TAG.PresentationLUTShape) === 'INVERSE' ||
  readString(source, TAG.PhotometricInterpretation) === 'MONOCHROME1';

const FLOAT_PADDING = [TAG.FloatPixelPaddingValue, TAG.FloatPixelPaddingRangeLimit] as const;
const DOUBLE_PADDING = [TAG.DoubleFloatPixelPaddingValue, TAG.DoubleFloatPixelPaddingRangeLimit] as const;
const INTEGER_PADDING = [TAG.PixelPaddingValue, TAG.PixelPaddingRangeLimit] as const;

function paddingOf(image: DataSet, layout: SampleLayout): ValueRange | undefined {
  const floats = layout.bitsAllocated === 64 ? DOUBLE_PADDING : FLOAT_PADDING;
  const [value, limit] = (layout.isFloat ? floats : INTEGER_PADDING).map((tag) => readNumber(image, tag));
  // Labels are drawn as they are, the background among them.
  if (value === undefined || readString(image, TAG.SegmentationType) === 'LABELMAP') return undefined;
  const ends = [value, limit ?? value].map((end) => (layout.isFloat ? end : asStored(end, layout)));
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** The VR of padding values is often that of the other Pixel Representation. */
function asStored(value: number, { isSigned, bitsAllocated }: SampleLayout): number {
  if (bitsAllocated !== 16) return value;
  return isSigned ? (value << 16) >> 16 : value & 0xffff;
}
