/** Overlay planes: which bits lie over a frame, and where. PS3.3 §C.9.2, §C.9.3, and for bits within Pixel Data PS3.3-2004 §C.9.2 */
import { TAG } from '../../dicom/attributes.js';
import { type DataSet, findBytes, type Tag } from '../../dicom/data-set.js';
import { readFirst, readNumber, readString } from '../../dicom/values.js';

export interface OverlayPlan {
  readonly rows: number;
  readonly columns: number;
  /** Of its first pixel, from 0; it may be outside of the image. */
  readonly top: number;
  readonly left: number;
  /** One bit a pixel, the first one lowest; or which bit of each pixel of the image it is. */
  readonly bits: Uint8Array<ArrayBuffer> | number;
  /** That of the first pixel, where there is one bit a pixel. */
  readonly firstBit: number;
  /** A region is drawn so that it is seen on whatever is below; graphics in one grey. */
  readonly isRegion: boolean;
  /** Of graphics. */
  readonly level: number;
}

/** Overlay planes are in the even groups from 6000H to 601EH. */
export const OVERLAY_GROUPS: readonly number[] = Array.from({ length: 16 }, (_, index) => 0x6000 + 2 * index);
const WHITE = 255;

/** An attribute of the planes in a group other than 6000H. */
export const overlayTag = (tag: Tag, group: number): Tag => (tag & 0xffff) + group * 0x1_0000;

/** The planes over a frame that a data set has itself. */
export const readOverlays = (dataSet: DataSet, frameNumber: number): readonly OverlayPlan[] =>
  OVERLAY_GROUPS.flatMap((group) => findOverlay(dataSet, group, frameNumber) ?? []);

/** Find the plane of a group over a frame; none when the group says nothing of the frame, or what no plane can be. */
export function findOverlay(
  dataSet: DataSet,
  group: number,
  frameNumber: number,
  level: number = WHITE,
): OverlayPlan | undefined {
  const number = (tag: Tag): number | undefined => readNumber(dataSet, overlayTag(tag, group));
  const rows = number(TAG.OverlayRows) ?? 0;
  const columns = number(TAG.OverlayColumns) ?? 0;
  if (!(rows >= 1 && columns >= 1)) return undefined;
  const plane = planeOf(dataSet, group, rows * columns, frameNumber);
  if (plane === undefined) return undefined;
  const [top = 1, left = 1] = readFirst(dataSet, overlayTag(TAG.OverlayOrigin, group), 2);
  const isRegion = readString(dataSet, overlayTag(TAG.OverlayType, group)) === 'R';
  return { rows, columns, top: top - 1, left: left - 1, ...plane, isRegion, level };
}

/** The words that hold a plane, as they are: to move each bit to its place is for who draws it, in a thread. */
function planeOf(
  dataSet: DataSet,
  group: number,
  pixels: number,
  frameNumber: number,
): Pick<OverlayPlan, 'bits' | 'firstBit'> | undefined {
  const bytes = findBytes(dataSet, overlayTag(TAG.OverlayData, group));
  const position = readNumber(dataSet, overlayTag(TAG.OverlayBitPosition, group)) ?? 0;
  if (bytes === undefined) return position > 0 && position < 16 ? { bits: position, firstBit: 0 } : undefined;
  const index = planeIndex(dataSet, group, frameNumber);
  const firstBit = index * pixels;
  const isBig = dataSet.byteOrder === 'big';
  const lengthBytes = isBig ? bytes.length & ~1 : bytes.length;
  const endBit = Math.min(firstBit + pixels, lengthBytes * 8);
  if (index < 0 || endBit <= firstBit) return undefined;
  const words = new Uint8Array(
    bytes.subarray((firstBit >> 4) * 2, isBig ? Math.ceil(endBit / 16) * 2 : Math.ceil(endBit / 8)),
  );
  // Words are swapped in a big endian data set, and bits are counted from the lower byte.
  if (isBig) Buffer.from(words.buffer).swap16();
  return { bits: words, firstBit: firstBit & 15 };
}

/** Which of its planes lies over the frame; a single one lies over all. */
function planeIndex(dataSet: DataSet, group: number, frameNumber: number): number {
  const count = readNumber(dataSet, overlayTag(TAG.NumberOfFramesInOverlay, group));
  if (count === undefined) return 0;
  const first = readNumber(dataSet, overlayTag(TAG.ImageFrameOrigin, group)) ?? 1;
  const index = frameNumber - first;
  return index < count ? index : -1;
}
