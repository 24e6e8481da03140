/** The lines and texts that a presentation state lays over an image. PS3.3 §C.10.5, §C.10.7 */
import { TAG } from '../../dicom/attributes.js';
import type { DataSet, Tag } from '../../dicom/data-set.js';
import { type InvalidInstance, outOfResources } from '../../dicom/failure-reasons.js';
import { readCharacterSet, readNumber, readNumbers, readString } from '../../dicom/values.js';
import { pathOf } from './graphic-paths.js';
import { itemsOf } from './lookup-table.js';
import { type ImageReference, itemsAbout } from './presentation-state.js';

/** `image`: pixels of the image, from its upper left corner. `display`: shares of the displayed area, as it is displayed. */
export type GraphicUnits = 'image' | 'display';

/** x, y, x, y … */
export type Points = readonly number[];

export interface GraphicPath {
  readonly kind: 'path';
  readonly units: GraphicUnits;
  /** A single point is marked by a cross. */
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
const MOST_POINTS = 200_000;
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

/** @throws InvalidInstance A700H when there are more annotations, points or texts than anybody could tell apart */
export function readGraphics(state: DataSet, image: ImageReference): readonly Graphic[] {
  const layerOf = readGraphicLayers(state);
  fewItemsOf(state, TAG.GraphicAnnotationSequence);
  const layered = itemsAbout(state, TAG.GraphicAnnotationSequence, image).map((item) => ({
    item,
    layer: layerOf(readString(item, TAG.GraphicLayer)),
  }));
  const graphics = layered
    .sort((a, b) => a.layer.order - b.layer.order)
    .flatMap(({ item, layer }) => [
      ...itemsOf(item, TAG.GraphicObjectSequence).map((object) => pathGraphic(object, layer)),
      ...itemsOf(item, TAG.TextObjectSequence).flatMap((text) => textGraphics(state, text, layer)),
    ]);
  const points = graphics.reduce((sum, { points: { length } }) => sum + length / 2, 0);
  if (points > MOST_POINTS || graphics.filter(({ kind }) => kind === 'text').length > MOST_TEXTS) throw tooMany();
  return graphics;
}

/** These are looked at before any of them is read. */
function fewItemsOf(state: DataSet, tag: Tag): readonly DataSet[] {
  const items = itemsOf(state, tag);
  if (items.length > MOST_ITEMS) throw tooMany();
  return items;
}

const tooMany = (): InvalidInstance => outOfResources('A presentation state has more graphics than are drawn.');

const unitsOf = (item: DataSet, tag: Tag): GraphicUnits => (readString(item, tag) === 'DISPLAY' ? 'display' : 'image');

const pathGraphic = (object: DataSet, { level }: GraphicLayer): GraphicPath => ({
  kind: 'path',
  units: unitsOf(object, TAG.GraphicAnnotationUnits),
  points: pathOf(readString(object, TAG.GraphicType), readNumbers(object, TAG.GraphicData)),
  isFilled: readString(object, TAG.GraphicFilled) === 'Y',
  level,
});

/** The text, and the line that leads from its box to what it is about. */
function textGraphics(state: DataSet, text: DataSet, { level }: GraphicLayer): readonly Graphic[] {
  const corners = [TAG.BoundingBoxTopLeftHandCorner, TAG.BoundingBoxBottomRightHandCorner];
  const box = corners.flatMap((tag) => readNumbers(text, tag).slice(0, 2));
  const anchor = readNumbers(text, TAG.AnchorPoint).slice(0, 2);
  const hasBox = box.length === 4;
  const boxUnits = unitsOf(text, TAG.BoundingBoxAnnotationUnits);
  const anchorUnits = unitsOf(text, TAG.AnchorPointAnnotationUnits);
  const value = readString(text, TAG.UnformattedTextValue, readCharacterSet(state)) ?? '';
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
    graphics.push({ kind: 'path', units: anchorUnits, points, isFilled: false, level });
  }
  return graphics;
}

function nearestOfBox([x = 0, y = 0]: Points, x1: number, y1: number, x2: number, y2: number): Points {
  const within = (value: number, a: number, b: number): number =>
    Math.min(Math.max(value, Math.min(a, b)), Math.max(a, b));
  return [within(x, x1, x2), within(y, y1, y2)];
}
