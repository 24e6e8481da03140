/** What is asked of the viewer from within its page, where these functions are sent as text: they know nothing of this file. */

interface ImageData {
  readonly dimensions: readonly number[];
  readonly imageData: { indexToWorld(index: readonly number[]): readonly number[] };
}

interface CanvasContext {
  getImageData(x: number, y: number, width: number, height: number): { readonly data: ArrayLike<number> };
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly clientWidth: number;
  getContext(kind: '2d'): CanvasContext;
}

interface Viewport {
  readonly viewportStatus: string;
  getImageData(): ImageData | undefined;
  getCurrentImageId(): string | undefined;
  getCurrentImageIdIndex(): number;
  getImageIds(): readonly string[];
  getCanvas(): Canvas;
  worldToCanvas(world: readonly number[]): readonly [number, number];
  canvasToWorld(canvas: readonly [number, number]): readonly [number, number, number];
  getProperties(): {
    readonly voiRange?: { readonly lower: number; readonly upper: number };
    readonly invert?: boolean;
  };
}

interface CachedImage {
  readonly color: boolean;
  readonly voxelManager: { getScalarData(): ArrayLike<number> };
}

declare const document: {
  querySelectorAll(selector: string): ArrayLike<{ readonly naturalWidth: number }>;
};
declare const cornerstone: {
  getEnabledElements(): readonly { readonly viewport: Viewport }[];
  readonly cache: { getImage(imageID: string): CachedImage | undefined };
};

/** Whether the first viewport shows an image, and, if so named, this one. */
export function isDrawn(index: number | undefined): boolean {
  if (typeof cornerstone === 'undefined') return false;
  const viewport = cornerstone.getEnabledElements()[0]?.viewport;
  const imageID = viewport?.getCurrentImageId?.();
  if (viewport === undefined || imageID === undefined || viewport.viewportStatus !== 'rendered') return false;
  if (viewport.getImageData() === undefined || cornerstone.cache.getImage(imageID) === undefined) return false;
  return index === undefined || viewport.getCurrentImageIdIndex() === index;
}

/** How many images the stack of the first viewport has, and how many of them are loaded. */
export function loadedImages(): { readonly all: number; readonly loaded: number } {
  const imageIDs = cornerstone.getEnabledElements()[0]?.viewport.getImageIds() ?? [];
  const loaded = imageIDs.filter((imageID) => cornerstone.cache.getImage(imageID) !== undefined).length;
  return { all: imageIDs.length, loaded };
}

/** What the first viewport shows: the image's URL, its pixels, and how they are drawn. */
export function shownImage() {
  const viewport = cornerstone.getEnabledElements()[0]?.viewport;
  const imageID = viewport?.getCurrentImageId() ?? '';
  const image = cornerstone.cache.getImage(imageID);
  const [columns = 0, rows = 0] = viewport?.getImageData()?.dimensions ?? [];
  const values = Array.from(image?.voxelManager.getScalarData() ?? []);
  const { voiRange, invert = false } = viewport?.getProperties() ?? {};
  return { imageID, columns, rows, values, isColour: image?.color === true, voiRange, invert };
}

/** The colours of the canvas of the first viewport at places of the image, and how many pixels of the canvas one of it takes. */
export function drawnAt(places: readonly (readonly [number, number])[]) {
  const viewport = cornerstone.getEnabledElements()[0]?.viewport;
  const image = viewport?.getImageData();
  if (viewport === undefined || image === undefined) throw new Error('Nothing is drawn.');
  const canvas = viewport.getCanvas();
  const scale = canvas.width / canvas.clientWidth;
  const placeOf = ([i, j]: readonly [number, number]): readonly [number, number] => {
    const [x, y] = viewport.worldToCanvas(image.imageData.indexToWorld([i, j, 0]));
    return [x * scale, y * scale];
  };
  const context = canvas.getContext('2d');
  const colours = places.map((place) => {
    const [x, y] = placeOf(place);
    const isVisible = x >= 1 && y >= 1 && x < canvas.width - 1 && y < canvas.height - 1;
    return isVisible
      ? Array.from(context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data).slice(0, 3)
      : undefined;
  });
  const [left, right] = [placeOf([0, 0]), placeOf([100, 0])];
  return { colours, zoom: Math.hypot(right[0] - left[0], right[1] - left[1]) / 100 };
}

/** Where places of the screen within the first viewport are in the patient, in millimetres. */
export function worldAt(places: readonly (readonly [number, number])[]) {
  const viewport = cornerstone.getEnabledElements()[0]?.viewport;
  return places.map((place) => Array.from(viewport?.canvasToWorld([place[0], place[1]]) ?? []));
}

/** The widths of the thumbnails beside the viewports, in pixels; 0 for one that is not loaded. */
export const thumbnailWidths = (): readonly number[] =>
  Array.from(document.querySelectorAll('[data-cy="study-browser-thumbnail"] img'), ({ naturalWidth }) => naturalWidth);
