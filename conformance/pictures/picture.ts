/** A picture as a server has drawn it: read from JPEG, PNG or GIF, and compared with what it should show. */

export interface Picture {
  readonly columns: number;
  readonly rows: number;
  /** Red, green and blue of each pixel, row by row. */
  readonly rgb: Uint8Array;
}

const MOST_PIXELS = 1 << 26;

/** Room for a picture of that size. @throws Error when it is larger than anything that the checks ask for */
export function roomFor(columns: number, rows: number): Uint8Array {
  if (columns * rows > MOST_PIXELS) throw new Error(`a picture of ${columns} × ${rows}`);
  return new Uint8Array(3 * columns * rows);
}

/** A picture of one function of the place: a grey level, or red, green and blue. */
export function pictureOf(
  columns: number,
  rows: number,
  colour: (x: number, y: number) => number | readonly [number, number, number],
): Picture {
  const rgb = roomFor(columns, rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const drawn = colour(x, y);
      rgb.set(typeof drawn === 'number' ? [drawn, drawn, drawn] : drawn, 3 * (y * columns + x));
    }
  }
  return { columns, rows, rgb };
}

/** Red, green and blue of one pixel. */
export const colourAt = ({ columns, rgb }: Picture, x: number, y: number): readonly [number, number, number] => {
  const at = 3 * (y * columns + x);
  return [rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0];
};

/** A rectangle of a picture. */
export const cropped = (picture: Picture, left: number, top: number, columns: number, rows: number): Picture =>
  pictureOf(columns, rows, (x, y) => colourAt(picture, left + x, top + y));

/** How far two pictures of one size are apart: in the mean, and where they are furthest. */
export function distance(one: Picture, other: Picture): { readonly mean: number; readonly most: number } {
  let sum = 0;
  let most = 0;
  one.rgb.forEach((level, i) => {
    const apart = Math.abs(level - (other.rgb[i] ?? 0));
    sum += apart;
    most = Math.max(most, apart);
  });
  return { mean: sum / one.rgb.length, most };
}

/** The picture at another size, each pixel that of the place it covers. */
export const resized = (picture: Picture, columns: number, rows: number): Picture =>
  pictureOf(columns, rows, (x, y) =>
    colourAt(
      picture,
      Math.floor(((x + 0.5) * picture.columns) / columns),
      Math.floor(((y + 0.5) * picture.rows) / rows),
    ),
  );

/** How alike the brightness of two pictures is at the same places, whatever their sizes: 1 for the same, 0 for unrelated. */
export function likeness(one: Picture, other: Picture): number {
  const SIDE = 16;
  const [a, b] = [one, other].map((picture) => {
    const { rgb } = resized(picture, SIDE, SIDE);
    const grey = Array.from(
      { length: SIDE * SIDE },
      (_, i) => (rgb[3 * i] ?? 0) + (rgb[3 * i + 1] ?? 0) + (rgb[3 * i + 2] ?? 0),
    );
    const mean = grey.reduce((sum, level) => sum + level, 0) / grey.length;
    return grey.map((level) => level - mean);
  }) as [number[], number[]];
  const product = (left: readonly number[], right: readonly number[]): number =>
    left.reduce((sum, level, i) => sum + level * (right[i] ?? 0), 0);
  const scale = Math.sqrt(product(a, a) * product(b, b));
  return scale === 0 ? 0 : product(a, b) / scale;
}
