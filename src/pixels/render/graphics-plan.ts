/** The lines and texts that a presentation state lays over an image. PS3.3 §C.10.5, §C.10.7 */
import { TAG } from '../../dicom/attributes.js';
import { readLine } from '../../dicom/bounded-values.js';
import type { CharacterSet } from '../../dicom/character-sets.js';
import { type DataSet, findElement, isSequence, type Tag } from '../../dicom/data-set.js';
import { type InvalidInstance, outOfResources } from '../../dicom/failure-reasons.js';
import { readCharacterSet, readFirst, readNumber, readString, vrOf } from '../../dicom/values.js';
import { BINARY_VALUE_BYTES } from '../../dicom/vr.js';
import { type GraphicType, graphicType, numbersOf, pointsOf } from './graphic-paths.js';
import { itemsOf } from './lookup-table.js';
import { type ImageReference, itemsAbout } from './presentation-state.js';

/** `image`: pixels of the image, from its upper left corner. `display`: shares of the displayed area, as it is displayed. */
export type GraphicUnits = 'image' | 'display';

/** x, y, x, y … */
export type Points = readonly number[];

export interface GraphicPath {
  readonly kind: 'path';
  readonly units: GraphicUnits;
  readonly type: GraphicType;
  /** As they are stored: who draws makes a path of them. */
  readonly points: Points;
  readonly isFilled: boolean;
  readonly level: number;
}

export interface GraphicText {
  readonly kind: 'text';
  readonly units: GraphicUnits;
  /** Two corners of a box that the text is fitted into, or one point where it begins. */
  readonly points: Points;
  readonly align: 'left' | 'center' | 'right';
  readonly lines: readonly string[];
  readonly level: number;
}

export type Graphic = GraphicPath | GraphicText;

/** Graphics with the lowest order are drawn first. */
export interface GraphicLayer {
  readonly order: number;
  readonly level: number;
}

const WHITE = 255;
/** Of all paths together. */
const MOST_POINTS = 200_000;
const MOST_PATHS = 10_000;
const MOST_TEXTS = 1_000;
/** Of layers, and of annotations. */
const MOST_ITEMS = 1_000;
const MOST_CHARACTERS = 1_024;
const ALIGNED: ReadonlyMap<string, GraphicText['align']> = new Map<string, GraphicText['align']>([
  ['CENTER', 'center'],
  ['RIGHT', 'right'],
]);

const UNDESCRIBED: GraphicLayer = { order: Number.MAX_SAFE_INTEGER, level: WHITE };

/**
 * Read what gives the layer of a name: one that is not described is white, and above the others.
 * @throws InvalidInstance A700H when there are far too many
 */
export function readGraphicLayers(state: DataSet): (name: string | undefined) => GraphicLayer {
  const layers = new Map<string | undefined, GraphicLayer>();
  for (const item of fewItemsOf(state, TAG.GraphicLayerSequence)) {
    const name = readString(item, TAG.GraphicLayer);
    if (layers.has(name)) continue;
    const grey = readNumber(item, TAG.GraphicLayerRecommendedDisplayGrayscaleValue);
    const level = grey === undefined ? WHITE : grey >> 8;
    layers.set(name, { order: readNumber(item, TAG.GraphicLayerOrder) ?? 0, level });
  }
  return (name) => layers.get(name) ?? UNDESCRIBED;
}

/**
 * Read them, once they have been counted without a look at what they hold.
 * @throws InvalidInstance A700H when there are more annotations, points or texts than anybody could tell apart
 */
export function readGraphics(state: DataSet, image: ImageReference): readonly Graphic[] {
  const layerOf = readGraphicLayers(state);
  fewItemsOf(state, TAG.GraphicAnnotationSequence);
  const layered = itemsAbout(state, TAG.GraphicAnnotationSequence, image).map((item) => ({
    item,
    layer: layerOf(readString(item, TAG.GraphicLayer)),
  }));
  expectFew(layered.map(({ item }) => item));
  const characterSet = readCharacterSet(state);
  return layered
    .sort((a, b) => a.layer.order - b.layer.order)
    .flatMap(({ item, layer }) => [
      ...itemsOf(item, TAG.GraphicObjectSequence).map((object) => pathGraphic(object, layer)),
      ...itemsOf(item, TAG.TextObjectSequence).flatMap((text) => textGraphics(text, characterSet, layer)),
    ]);
}

function expectFew(annotations: readonly DataSet[]): void {
  const countOf = (tag: Tag): number => annotations.reduce((sum, item) => sum + itemsOf(item, tag).length, 0);
  if (countOf(TAG.GraphicObjectSequence) > MOST_PATHS || countOf(TAG.TextObjectSequence) > MOST_TEXTS) throw tooMany();
  const objects = annotations.flatMap((item) => itemsOf(item, TAG.GraphicObjectSequence));
  const points = objects.reduce((sum, object) => sum + pointsOf(typeOf(object), countNumbers(object)), 0);
  if (points > MOST_POINTS) throw tooMany();
}

const typeOf = (object: DataSet): GraphicType => graphicType(readString(object, TAG.GraphicType));

/** How many numbers its data has, at most: a decimal string takes two bytes, with what parts it from the next. */
function countNumbers(object: DataSet): number {
  const element = findElement(object, TAG.GraphicData);
  if (element === undefined || isSequence(element)) return 0;
  return Math.ceil(element.bytes.length / (BINARY_VALUE_BYTES.get(vrOf(element)) ?? 2));
}

/** These are looked at before any of them is read. */
function fewItemsOf(state: DataSet, tag: Tag): readonly DataSet[] {
  const items = itemsOf(state, tag);
  if (items.length > MOST_ITEMS) throw tooMany();
  return items;
}

const tooMany = (): InvalidInstance => outOfResources('A presentation state has more graphics than are drawn.');

const unitsOf = (item: DataSet, tag: Tag): GraphicUnits => (readString(item, tag) === 'DISPLAY' ? 'display' : 'image');

function pathGraphic(object: DataSet, { level }: GraphicLayer): GraphicPath {
  const type = typeOf(object);
  return {
    kind: 'path',
    units: unitsOf(object, TAG.GraphicAnnotationUnits),
    type,
    points: readFirst(object, TAG.GraphicData, numbersOf(type, countNumbers(object))),
    isFilled: readString(object, TAG.GraphicFilled) === 'Y',
    level,
  };
}

/** The text, and the line that leads from its box to what it is about. */
function textGraphics(text: DataSet, characterSet: CharacterSet, { level }: GraphicLayer): readonly Graphic[] {
  const corners = [TAG.BoundingBoxTopLeftHandCorner, TAG.BoundingBoxBottomRightHandCorner];
  const box = corners.flatMap((tag) => readFirst(text, tag, 2));
  const anchor = readFirst(text, TAG.AnchorPoint, 2);
  const hasBox = box.length === 4;
  const boxUnits = unitsOf(text, TAG.BoundingBoxAnnotationUnits);
  const anchorUnits = unitsOf(text, TAG.AnchorPointAnnotationUnits);
  const value = readLine(text, TAG.UnformattedTextValue, characterSet) ?? '';
  const graphics: Graphic[] = [
    {
      kind: 'text',
      units: hasBox ? boxUnits : anchorUnits,
      points: hasBox ? box : anchor,
      align: ALIGNED.get(readString(text, TAG.BoundingBoxTextHorizontalJustification) ?? '') ?? 'left',
      lines: value.slice(0, MOST_CHARACTERS).split(/\r\n|\r|\n/),
      level,
    },
  ];
  if (
    hasBox &&
    anchor.length === 2 &&
    boxUnits === anchorUnits &&
    readString(text, TAG.AnchorPointVisibility) === 'Y'
  ) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box;
    const points = [...nearestOfBox(anchor, x1, y1, x2, y2), ...anchor];
    graphics.push({ kind: 'path', units: anchorUnits, type: 'POLYLINE', points, isFilled: false, level });
  }
  return graphics;
}

function nearestOfBox([x = 0, y = 0]: Points, x1: number, y1: number, x2: number, y2: number): Points {
  const within = (value: number, a: number, b: number): number =>
    Math.min(Math.max(value, Math.min(a, b)), Math.max(a, b));
  return [within(x, x1, x2), within(y, y1, y2)];
}
