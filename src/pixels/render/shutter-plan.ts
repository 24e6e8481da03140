/** What is hidden of an image, so that what matters is seen better: shutters. PS3.3 §C.7.6.11, §C.7.6.15 */
import { TAG } from '../../dicom/attributes.js';
import type { DataSet } from '../../dicom/data-set.js';
import { readFirst, readNumber, readNumbers, readStrings } from '../../dicom/values.js';
import { findOverlay, type OverlayPlan } from './overlay-plan.js';
import type { Corners } from './polygon.js';

/** What stays visible, in pixels from 0; `end` is the first one that does not. */
export type Shutter =
  | {
      readonly kind: 'rectangle';
      readonly left: number;
      readonly top: number;
      readonly right: number;
      readonly bottom: number;
    }
  | { readonly kind: 'circle'; readonly x: number; readonly y: number; readonly radius: number }
  | { readonly kind: 'polygon'; readonly corners: Corners }
  /** The other way round: what its bits cover is hidden. */
  | { readonly kind: 'bitmap'; readonly overlay: OverlayPlan };

export interface ShutterPlan {
  /** All of them hide something. */
  readonly shutters: readonly Shutter[];
  /** What is drawn where the image is hidden. */
  readonly level: number;
}

/** Read the shutters of a data set; shapes that are not described are passed over. */
export function readShutters(dataSet: DataSet, frameNumber: number): ShutterPlan {
  // A shape is described once, however often it is named.
  const shapes = new Set(readStrings(dataSet, TAG.ShutterShape));
  const shutters = [...shapes].map((shape) => findShutter(dataSet, shape, frameNumber));
  return {
    shutters: shutters.filter((shutter) => shutter !== undefined),
    level: (readNumber(dataSet, TAG.ShutterPresentationValue) ?? 0) >> 8,
  };
}

function findShutter(dataSet: DataSet, shape: string, frameNumber: number): Shutter | undefined {
  switch (shape) {
    case 'RECTANGULAR':
      return findRectangle(dataSet);
    case 'CIRCULAR': {
      const [row, column] = readFirst(dataSet, TAG.CenterOfCircularShutter, 2);
      const radius = readNumber(dataSet, TAG.RadiusOfCircularShutter);
      const isWhole = row !== undefined && column !== undefined && radius !== undefined;
      return isWhole ? { kind: 'circle', x: column - 0.5, y: row - 0.5, radius } : undefined;
    }
    case 'POLYGONAL': {
      const places = readNumbers(dataSet, TAG.VerticesOfThePolygonalShutter);
      // Rows come first, and are counted from 1.
      const corners = places.map((_, i) => (places[i ^ 1] ?? 0.5) - 0.5);
      return corners.length >= 6 ? { kind: 'polygon', corners } : undefined;
    }
    case 'BITMAP': {
      const group = readNumber(dataSet, TAG.ShutterOverlayGroup);
      const overlay = group === undefined ? undefined : findOverlay(dataSet, group, frameNumber);
      return overlay && { kind: 'bitmap', overlay };
    }
    default:
      return undefined;
  }
}

function findRectangle(dataSet: DataSet): Shutter | undefined {
  const edge = (tag: number): number | undefined => readNumber(dataSet, tag);
  const [left, right] = [edge(TAG.ShutterLeftVerticalEdge), edge(TAG.ShutterRightVerticalEdge)];
  const [top, bottom] = [edge(TAG.ShutterUpperHorizontalEdge), edge(TAG.ShutterLowerHorizontalEdge)];
  if (left === undefined || right === undefined || top === undefined || bottom === undefined) return undefined;
  return { kind: 'rectangle', left: left - 1, top: top - 1, right, bottom };
}
