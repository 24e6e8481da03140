import { describe, expect, it } from 'vitest';
import { dataSet, element } from '../../../src/dicom/build-data-set.js';
import type { DataElement } from '../../../src/dicom/data-set.js';
import { readOverlays } from '../../../src/pixels/render/overlay-plan.js';
import { planRendering } from '../../../src/pixels/render/render-plan.js';
import { type Attributes, draw, drawn, greyImage, words } from '../../support/native-frame.js';

interface Plane {
  readonly rows: number;
  readonly columns: number;
  readonly data?: Buffer;
  readonly origin?: readonly [row: number, column: number];
  readonly type?: 'G' | 'R';
  readonly frames?: readonly [count: number, origin: number];
  readonly position?: number;
}

function plane(group: number, { rows, columns, data, origin = [1, 1], type = 'G', frames, position = 0 }: Plane) {
  const tag = (low: number): number => group * 0x1_0000 + low;
  const elements: DataElement[] = [
    element(tag(0x10), rows),
    element(tag(0x11), columns),
    element(tag(0x40), type),
    element(tag(0x50), origin, 'SS'),
    element(tag(0x100), position === 0 ? 1 : 16),
    element(tag(0x102), position),
  ];
  if (frames !== undefined) elements.push(element(tag(0x15), String(frames[0])), element(tag(0x51), frames[1]));
  if (data !== undefined) elements.push(element(tag(0x3000), data, 'OW'));
  return elements;
}

const image = (planes: readonly (readonly DataElement[])[], attributes: Attributes = {}) =>
  dataSet([
    ...greyImage({ Rows: 2, Columns: 4, WindowCenter: '128', WindowWidth: '256', ...attributes }).elements,
    ...planes.flat(),
  ]);
const grey = words(10, 20, 30, 40, 150, 160, 170, 180);

describe('overlay planes', () => {
  it('are white, pixel by pixel', () => {
    const set = image([plane(0x6000, { rows: 2, columns: 4, data: Buffer.from([0b0100_0001]) })]);
    expect(drawn(set, grey)).toEqual([255, 20, 30, 40, 150, 160, 255, 180]);
  });

  it('lie where their origin says, and may be larger than the image', () => {
    const ones = Buffer.alloc(8, 0xff);
    const inside = image([plane(0x601e, { rows: 1, columns: 2, data: ones, origin: [2, 3] })]);
    expect(drawn(inside, grey)).toEqual([10, 20, 30, 40, 150, 160, 255, 255]);
    const across = image([plane(0x6002, { rows: 3, columns: 3, data: ones, origin: [-1, -1] })]);
    expect(drawn(across, grey)).toEqual([255, 20, 30, 40, 150, 160, 170, 180]);
    const outside = image([plane(0x6002, { rows: 3, columns: 3, data: ones, origin: [-32768, 32767] })]);
    expect(drawn(outside, grey)).toEqual([10, 20, 30, 40, 150, 160, 170, 180]);
  });

  it('of regions are seen on bright and on dark', () => {
    const data = Buffer.from([0b0011_1100]);
    expect(drawn(image([plane(0x6000, { rows: 2, columns: 4, data, type: 'R' })]), grey)).toEqual([
      ...[10, 20, 255, 255],
      ...[0, 0, 170, 180],
    ]);
  });

  it('are white where grey is inverted, and on colour', () => {
    const set = image([plane(0x6000, { rows: 1, columns: 1, data: Buffer.of(1, 0) })], {
      PhotometricInterpretation: 'MONOCHROME1',
    });
    expect(drawn(set, grey).slice(0, 2)).toEqual([255, 235]);
    const colour = image([plane(0x6000, { rows: 1, columns: 1, data: Buffer.of(1, 0) })], {
      ...{ Rows: 1, Columns: 1, SamplesPerPixel: 3, PhotometricInterpretation: 'RGB' },
      ...{ BitsAllocated: 8, BitsStored: 8, HighBit: 7 },
    });
    expect(drawn(colour, Uint8Array.of(1, 2, 3))).toEqual([255, 255, 255]);
  });

  it('lie over the frames they are for', () => {
    const frames = plane(0x6000, { rows: 2, columns: 4, data: Buffer.from([0x01, 0x80]), frames: [2, 2] });
    const first = (frameNumber: number) => drawn(image([frames]), grey, { frameNumber });
    expect(first(1)).toEqual([10, 20, 30, 40, 150, 160, 170, 180]);
    expect(first(2)).toEqual([255, 20, 30, 40, 150, 160, 170, 180]);
    expect(first(3)).toEqual([10, 20, 30, 40, 150, 160, 170, 255]);
    expect(first(4)).toEqual(first(1));
    const all = image([plane(0x6000, { rows: 2, columns: 4, data: Buffer.from([0x01, 0]) })]);
    expect(drawn(all, grey, { frameNumber: 9 })[0]).toBe(255);
  });

  it('of odd sizes begin within a byte', () => {
    const data = Buffer.from([0b1010_1000, 0b0000_0001]);
    const frames = plane(0x6000, { rows: 1, columns: 3, data, frames: [3, 1] });
    expect(drawn(image([frames]), grey, { frameNumber: 2 }).slice(0, 3)).toEqual([255, 20, 255]);
    expect(drawn(image([frames]), grey, { frameNumber: 3 }).slice(0, 3)).toEqual([10, 255, 255]);
  });

  it('are the same in words of the other byte order', () => {
    const swapped = (one: DataElement): DataElement =>
      'bytes' in one && one.vr !== 'CS' && one.vr !== 'IS' ? { ...one, bytes: Buffer.from(one.bytes).swap16() } : one;
    const data = Buffer.from([0x35, 0xc1, 0x7e, 0x92, 0x0f, 0xa8]);
    const { elements } = dataSet(plane(0x6000, { rows: 1, columns: 5, data, frames: [9, 1] }));
    for (let frameNumber = 1; frameNumber <= 9; frameNumber += 1) {
      const [little, big] = (['little', 'big'] as const).map((byteOrder) => {
        const all = byteOrder === 'big' ? elements.map(swapped) : elements;
        const [{ bits, firstBit } = { bits: 0, firstBit: 0 }] = readOverlays({ elements: all, byteOrder }, frameNumber);
        const isSet = (bit: number): number =>
          typeof bits === 'number' ? 2 : ((bits[bit >> 3] ?? 0) >> (bit & 7)) & 1;
        return Array.from({ length: 5 }, (_, i) => isSet(firstBit + i));
      });
      const at = (frameNumber - 1) * 5;
      expect(little).toEqual(Array.from({ length: 5 }, (_, i) => ((data[(at + i) >> 3] ?? 0) >> ((at + i) & 7)) & 1));
      expect(big).toEqual(little);
    }
  });

  it('may be bits of the pixels', () => {
    const set = image([plane(0x6000, { rows: 2, columns: 4, position: 15 })], { BitsStored: 12, HighBit: 11 });
    const pixels = words(10, 20, 0x801e, 40, 150, 160, 170, 0x40b4);
    expect(drawn(set, pixels)).toEqual([10, 20, 255, 40, 150, 160, 170, 180]);
  });

  it('end where their data does', () => {
    const set = image([plane(0x6000, { rows: 60000, columns: 60000, data: Buffer.of(0, 0x01) })]);
    expect(drawn(set, grey)).toEqual([10, 20, 30, 40, 150, 160, 170, 180]);
    expect(planRendering(set, { frameNumber: 1 }).overlays[0]?.bits).toHaveLength(2);
  });

  it.each([
    ['no rows', plane(0x6000, { rows: 0, columns: 4, data: Buffer.of(1, 1) })],
    ['neither data nor position', plane(0x6000, { rows: 2, columns: 4 })],
    ['a bit beyond the pixel', plane(0x6000, { rows: 2, columns: 4, position: 77 })],
    ['no data', plane(0x6000, { rows: 2, columns: 4, data: Buffer.alloc(0) })],
  ])('with %s are passed over', (_what, elements) => {
    expect(drawn(image([elements]), grey)).toEqual([10, 20, 30, 40, 150, 160, 170, 180]);
  });
});

describe('shutters', () => {
  const square = { Rows: 4, Columns: 4 };
  const ones = words(...Array.from({ length: 16 }, () => 255));
  const rowsOf = (attributes: Attributes): readonly string[] => {
    const { bytes } = draw(image([], { ...square, ...attributes }), ones);
    return [0, 4, 8, 12].map((at) =>
      [...bytes.subarray(at, at + 4)].map((level) => (level === 255 ? '#' : '.')).join(''),
    );
  };

  it('leave a rectangle visible', () => {
    const rectangle = {
      ...{ ShutterShape: 'RECTANGULAR', ShutterLeftVerticalEdge: '2', ShutterRightVerticalEdge: '3' },
      ...{ ShutterUpperHorizontalEdge: '1', ShutterLowerHorizontalEdge: '3' },
    };
    expect(rowsOf(rectangle)).toEqual(['.##.', '.##.', '.##.', '....']);
    const both = { ...rectangle, ShutterShape: ['RECTANGULAR', 'CIRCULAR'] };
    expect(rowsOf({ ...both, CenterOfCircularShutter: ['1', '1'], RadiusOfCircularShutter: '2' })).toEqual([
      ...['.##.', '.#..', '....', '....'],
    ]);
  });

  it('leave a circle visible', () => {
    const circle = { ShutterShape: 'CIRCULAR', CenterOfCircularShutter: ['2', '2'], RadiusOfCircularShutter: '1' };
    expect(rowsOf(circle)).toEqual(['.#..', '###.', '.#..', '....']);
  });

  it('leave a polygon visible', () => {
    const polygon = { ShutterShape: 'POLYGONAL', VerticesOfThePolygonalShutter: ['1', '1', '1', '4', '4', '1'] };
    expect(rowsOf(polygon)).toEqual(['###.', '##..', '#...', '....']);
  });

  it('hide with the grey they say', () => {
    const circle = { ShutterShape: 'CIRCULAR', CenterOfCircularShutter: ['9', '9'], RadiusOfCircularShutter: '1' };
    const shut = image([], { ...square, ...circle, ShutterPresentationValue: 0x7fff });
    expect(new Set(drawn(shut, ones))).toEqual(new Set([0x7f]));
  });

  it('are taken once, and as they are, however often and large they are', () => {
    const [rows, columns] = [12_000, 13_000];
    const large = plane(0x6000, { rows, columns, data: Buffer.alloc((rows * columns) / 8, 0xff) });
    const set = image([large], { ShutterShape: Array(200).fill('BITMAP'), ShutterOverlayGroup: 0x6000 });
    const before = performance.now();
    const { shutters } = planRendering(set, { frameNumber: 1 }).shutter;
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(shutters).toHaveLength(1);
  });

  it('of no shape hide nothing', () => {
    expect(rowsOf({ ShutterShape: 'CIRCULAR' })).toEqual(['####', '####', '####', '####']);
    expect(rowsOf({ ShutterShape: ['STAR', 'BITMAP', 'RECTANGULAR', 'POLYGONAL'] })[0]).toBe('####');
  });
});
