import { describe, expect, it } from 'vitest';
import { TAG } from '../../../src/dicom/attributes.js';
import { dataSet, dataSetOfKeywords, element, type PlainValue } from '../../../src/dicom/build-data-set.js';
import type { DataSet } from '../../../src/dicom/data-set.js';
import { InvalidInstance } from '../../../src/dicom/failure-reasons.js';
import { placePoint } from '../../../src/pixels/render/place.js';
import { referencedImages } from '../../../src/pixels/render/presentation-state.js';
import { planRendering } from '../../../src/pixels/render/render-plan.js';
import { bestTimeMs } from '../../support/best-time.js';
import { type Attributes, draw, drawn, greyImage, table, words } from '../../support/native-frame.js';

const GREYSCALE = '1.2.840.10008.5.1.4.1.1.11.1';
const UID = '2.25.1';
const IDENTITY = [{ WindowCenter: '128', WindowWidth: '256' }];

const reference = (uid: string, frames?: readonly string[]) =>
  dataSetOfKeywords({ ReferencedSOPInstanceUID: uid, ReferencedFrameNumber: frames });

const voi = (items: readonly (Attributes & { readonly to?: readonly DataSet[] })[]) =>
  items.map(({ to, ...attributes }) => dataSetOfKeywords({ ...attributes, ReferencedImageSequence: to }));

const state = (attributes: Attributes = {}) =>
  dataSetOfKeywords({ SOPClassUID: GREYSCALE, SoftcopyVOILUTSequence: voi(IDENTITY), ...attributes });

const image = (attributes: Attributes = {}) =>
  greyImage({ SOPInstanceUID: UID, RescaleSlope: '7', WindowCenter: '1', WindowWidth: '1', ...attributes });

const pixels = words(0, 100, 200, 255);

describe('RR-16 the greys of a presentation state', () => {
  it('are its own, not those of the image', () => {
    expect(drawn(image(), pixels, { presentation: state() })).toEqual([0, 100, 200, 255]);
    expect(drawn(image(), pixels, { presentation: state({ RescaleSlope: '2', RescaleIntercept: '-100' }) })).toEqual([
      ...[0, 100, 255, 255],
    ]);
  });

  it('go through its three tables', () => {
    const presentation = state({
      ModalityLUTSequence: table(
        0,
        8,
        Array.from({ length: 256 }, (_, i) => 255 - i),
      ),
      SoftcopyVOILUTSequence: voi([
        {
          VOILUTSequence: table(
            0,
            8,
            Array.from({ length: 256 }, (_, i) => i >> 1),
          ),
        },
      ]),
      PresentationLUTSequence: table(
        0,
        8,
        Array.from({ length: 256 }, (_, i) => 255 - i),
      ),
    });
    expect(drawn(image(), pixels, { presentation })).toEqual([128, 178, 228, 255]);
  });

  it('are inverted by its shape, whatever the photometric interpretation of the image', () => {
    for (const interpretation of ['MONOCHROME1', 'MONOCHROME2']) {
      const set = image({ PhotometricInterpretation: interpretation });
      expect(drawn(set, pixels, { presentation: state({ PresentationLUTShape: 'INVERSE' }) })).toEqual([
        255, 155, 55, 0,
      ]);
      expect(drawn(set, pixels, { presentation: state({ PresentationLUTShape: 'IDENTITY' }) })).toEqual([
        ...[0, 100, 200, 255],
      ]);
    }
  });

  it('are those for the image and the frame', () => {
    const presentation = state({
      SoftcopyVOILUTSequence: voi([
        { WindowCenter: '0', WindowWidth: '1', to: [reference('2.25.9')] },
        { WindowCenter: '250', WindowWidth: '1', to: [reference('2.25.9'), reference(UID, ['2', '3'])] },
        { ...IDENTITY[0], to: [reference(UID)] },
      ]),
    });
    expect(drawn(image(), pixels, { presentation })).toEqual([0, 100, 200, 255]);
    expect(drawn(image(), pixels, { presentation, frameNumber: 3 })).toEqual([0, 0, 0, 255]);
  });

  it('are all that can be stored where none are for the image', () => {
    const presentation = state({ SoftcopyVOILUTSequence: voi([{ ...IDENTITY[0], to: [reference('2.25.9')] }]) });
    expect(drawn(image(), words(0, 25700, 51400, 65535), { presentation })).toEqual([0, 100, 200, 255]);
  });

  it('may be the colours of a palette', () => {
    const presentation = state({
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.11.3',
      ...Object.assign(
        {},
        ...['Red', 'Green', 'Blue'].map((channel, index) => ({
          [`${channel}PaletteColorLookupTableDescriptor`]: [3, 0, 16],
          [`${channel}PaletteColorLookupTableData`]: Buffer.from(words(0, 0x6400 * (index + 1), 0xff00)),
        })),
      ),
    });
    expect(drawn(image(), words(0, 127, 128, 255), { presentation })).toEqual([
      ...[0, 0, 0],
      ...[100, 200, 44, 100, 200, 44],
      ...[255, 255, 255],
    ]);
  });
});

describe('RR-16 what a presentation state shows of an image', () => {
  const square = { Rows: 2, Columns: 3 };
  const six = words(1, 2, 3, 4, 5, 6);
  const shown = (attributes: Attributes): readonly (readonly number[])[] => {
    const raster = draw(image(square), six, { presentation: state(attributes) });
    return Array.from({ length: raster.rows }, (_, row) => [
      ...raster.bytes.subarray(row * raster.columns, (row + 1) * raster.columns),
    ]);
  };
  const area = (corners: readonly [number, number, number, number], attributes: Attributes = {}) => ({
    DisplayedAreaSelectionSequence: [
      dataSetOfKeywords({
        DisplayedAreaTopLeftHandCorner: corners.slice(0, 2),
        DisplayedAreaBottomRightHandCorner: corners.slice(2),
        ...attributes,
      }),
    ],
  });

  it.each([
    [
      0,
      'N',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      90,
      'N',
      [
        [4, 1],
        [5, 2],
        [6, 3],
      ],
    ],
    [
      180,
      'N',
      [
        [6, 5, 4],
        [3, 2, 1],
      ],
    ],
    [
      270,
      'N',
      [
        [3, 6],
        [2, 5],
        [1, 4],
      ],
    ],
    [
      0,
      'Y',
      [
        [3, 2, 1],
        [6, 5, 4],
      ],
    ],
    [
      90,
      'Y',
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    ],
    [
      180,
      'Y',
      [
        [4, 5, 6],
        [1, 2, 3],
      ],
    ],
    [
      270,
      'Y',
      [
        [6, 3],
        [5, 2],
        [4, 1],
      ],
    ],
  ])('is turned by %d, then mirrored: %s', (rotation, flip, rows) => {
    expect(shown({ ImageRotation: rotation, ImageHorizontalFlip: flip })).toEqual(rows);
  });

  it.each([
    [
      'within the image',
      [2, 1, 3, 2],
      [
        [2, 3],
        [5, 6],
      ],
    ],
    [
      'with corners the other way round',
      [3, 2, 2, 1],
      [
        [2, 3],
        [5, 6],
      ],
    ],
    [
      'beyond the image',
      [0, 2, 4, 3],
      [
        [0, 4, 5, 6, 0],
        [0, 0, 0, 0, 0],
      ],
    ],
    ['outside of the image', [9, 9, 10, 9], [[0, 0]]],
  ] as const)('is an area %s', (_what, corners, rows) => {
    expect(shown(area(corners))).toEqual(rows);
  });

  it('is cut out before it is turned', () => {
    expect(shown({ ...area([2, 1, 3, 2]), ImageRotation: 90 })).toEqual([
      [5, 2],
      [6, 3],
    ]);
  });

  it('has the shape of pixels that it says, the other way round when it is turned', () => {
    const aspectOf = (attributes: Attributes) =>
      draw(image({ ...square, PixelSpacing: ['3', '1'] }), six, { presentation: state(attributes) }).pixelAspect;
    expect(aspectOf({})).toBe(3);
    expect(aspectOf({ ImageRotation: 90 })).toBe(1 / 3);
    expect(aspectOf(area([1, 1, 3, 2], { PresentationPixelAspectRatio: ['1', '2'] }))).toBe(0.5);
    expect(aspectOf(area([1, 1, 3, 2], { PresentationPixelSpacing: ['5', '5'] }))).toBe(1);
  });

  it('RR-18 is not drawn when it is far larger than the image', () => {
    expect(() => shown(area([1, 1, 0x7fff_ffff, 2]))).toThrow(InvalidInstance);
    expect(() => shown(area([-0x8000_0000, 1, 0x7fff_ffff, 2]))).toThrow(InvalidInstance);
  });

  it.each([
    ['that blends', { SOPClassUID: '1.2.840.10008.5.1.4.1.1.11.4' }],
    ['that subtracts a mask', { MaskSubtractionSequence: [dataSetOfKeywords({})] }],
  ])('RR-18 is not drawn by a state %s', (_what, attributes) => {
    expect(() => shown(attributes)).toThrow(InvalidInstance);
  });

  it('turns points as it turns pixels', () => {
    for (const rotation of [0, 90, 180, 270] as const) {
      for (const isMirrored of [false, true]) {
        const raster = draw(image(square), six, {
          presentation: state({ ImageRotation: rotation, ImageHorizontalFlip: isMirrored ? 'Y' : 'N' }),
        });
        for (const [index, value] of [1, 2, 3, 4, 5, 6].entries()) {
          const place = { left: 0, top: 0, rows: 2, columns: 3, rotation, isMirrored };
          const [x, y] = placePoint((index % 3) + 0.5, Math.floor(index / 3) + 0.5, place);
          expect(raster.bytes[Math.floor(y) * raster.columns + Math.floor(x)]).toBe(value);
        }
      }
    }
  });
});

describe('RR-16 overlays of a presentation state', () => {
  const overlay = (bits: number) => [
    element(0x60000010, 1),
    element(0x60000011, 4),
    element(0x60003000, Buffer.of(bits, 0), 'OW'),
  ];
  const layer = dataSetOfKeywords({ GraphicLayer: 'L', GraphicLayerRecommendedDisplayGrayscaleValue: 0x8000 });
  const active = [...state({ GraphicLayerSequence: [layer] }).elements, element(0x60001001, 'L', 'CS')];
  const overlaid = dataSet([...image().elements, ...overlay(0b0010)]);

  it('are those of the image that it has a layer for, in its grey', () => {
    expect(drawn(overlaid, pixels, { presentation: state() })).toEqual([0, 100, 200, 255]);
    expect(drawn(overlaid, pixels, { presentation: dataSet(active) })).toEqual([0, 128, 200, 255]);
  });

  it('are its own, in place of those of the image', () => {
    const presentation = dataSet([...active, ...overlay(0b0101)]);
    expect(drawn(overlaid, pixels, { presentation })).toEqual([128, 100, 128, 255]);
  });

  it('may be what hides', () => {
    const presentation = dataSet([
      ...state({ ShutterShape: 'BITMAP', ShutterOverlayGroup: 0x6000, ShutterPresentationValue: 0x3200 }).elements,
      ...overlay(0b1001),
    ]);
    expect(drawn(image(), pixels, { presentation })).toEqual([50, 100, 200, 50]);
  });
});

describe('RR-16 graphics', () => {
  const size = { Rows: 40, Columns: 40 };
  const graphic = (objects: readonly Attributes[], texts: readonly Attributes[] = [], attributes: Attributes = {}) =>
    state({
      ...attributes,
      GraphicAnnotationSequence: [
        dataSetOfKeywords({
          GraphicLayer: 'L',
          GraphicObjectSequence: objects.map(dataSetOfKeywords),
          TextObjectSequence: texts.map(dataSetOfKeywords),
        }),
      ],
    });
  const object = (type: string, data: readonly number[], attributes: Attributes = {}): Attributes => ({
    GraphicAnnotationUnits: 'PIXEL',
    GraphicData: data,
    GraphicType: type,
    ...attributes,
  });
  /** The pixels that are white, as x and y. */
  const white = (presentation: DataSet): readonly string[] => {
    const { bytes, columns } = draw(image(size), new Uint8Array(3200), { presentation });
    return [...bytes].flatMap((level, i) => (level > 200 ? [`${i % columns},${Math.floor(i / columns)}`] : []));
  };

  it('are lines from point to point', () => {
    expect(white(graphic([object('POLYLINE', [2.5, 3.5, 5.5, 3.5, 5.5, 5.5])]))).toEqual([
      ...['2,3', '3,3', '4,3', '5,3', '5,4', '5,5'],
    ]);
  });

  it('are drawn where the image is turned to', () => {
    const turned = graphic([object('POLYLINE', [0.5, 0.5, 2.5, 0.5])], [], { ImageRotation: 90 });
    expect(white(turned)).toEqual(['39,0', '39,1', '39,2']);
  });

  it('are shares of what is displayed', () => {
    const half = graphic([object('POLYLINE', [0.5, 0.5, 0.52, 0.5], { GraphicAnnotationUnits: 'DISPLAY' })]);
    expect(white(half)).toEqual(['20,20']);
  });

  it('are points, circles, ellipses and curves', () => {
    expect(white(graphic([object('POINT', [10, 10])]))).toContain('6,10');
    const circle = white(graphic([object('CIRCLE', [20, 20, 30, 20])]));
    expect(circle).toEqual(expect.arrayContaining(['30,20', '20,30', '10,20', '20,10']));
    expect(circle).not.toContain('20,20');
    const ellipse = white(graphic([object('ELLIPSE', [5, 20, 35, 20, 20, 15, 20, 25], { GraphicFilled: 'Y' })]));
    expect(ellipse).toEqual(expect.arrayContaining(['5,20', '34,20', '20,15', '20,24', '20,20']));
    expect(ellipse).not.toContain('6,15');
    expect(ellipse.length).toBeGreaterThan(Math.PI * 15 * 5 - 20);
    const curve = white(graphic([object('INTERPOLATED', [5, 5, 20, 10, 35, 5])]));
    expect(curve).toEqual(expect.arrayContaining(['5,5', '20,10', '35,5']));
  });

  it('are texts in boxes, with a line to what they are about', () => {
    const text = {
      ...{ BoundingBoxAnnotationUnits: 'PIXEL', UnformattedTextValue: 'I' },
      ...{ BoundingBoxTopLeftHandCorner: [2, 2], BoundingBoxBottomRightHandCorner: [12, 12] },
    };
    const letter = ['3,2', '4,2', '5,2', '4,3', '4,4', '4,5', '4,6', '4,7', '3,8', '4,8', '5,8'];
    expect(white(graphic([], [text]))).toEqual(letter);
    const right = { ...text, BoundingBoxTextHorizontalJustification: 'RIGHT' };
    expect(white(graphic([], [right]))).toContain('8,2');
    const anchor = { AnchorPoint: [30, 12], AnchorPointVisibility: 'Y', AnchorPointAnnotationUnits: 'PIXEL' };
    expect(white(graphic([], [{ ...text, ...anchor }]))).toEqual(expect.arrayContaining(['12,12', '20,12', '30,12']));
    expect(white(graphic([], [{ ...anchor, UnformattedTextValue: 'I' }]))).toContain('32,12');
  });

  it('are in the grey of their layer, the highest on top', () => {
    const item = (layer: string, value: PlainValue) =>
      dataSetOfKeywords({
        GraphicLayer: layer,
        GraphicObjectSequence: [dataSetOfKeywords(object('POLYLINE', [1, 1, 3, 1]))],
        ReferencedImageSequence: value,
      });
    const layers = [
      dataSetOfKeywords({
        GraphicLayer: 'TOP',
        GraphicLayerOrder: '2',
        GraphicLayerRecommendedDisplayGrayscaleValue: 0x6400,
      }),
      dataSetOfKeywords({ GraphicLayer: 'LOW', GraphicLayerOrder: '1' }),
    ];
    const drawnAs = (items: readonly DataSet[]) =>
      draw(image(size), new Uint8Array(3200), {
        presentation: state({ GraphicLayerSequence: layers, GraphicAnnotationSequence: items }),
      }).bytes[41];
    expect(drawnAs([item('TOP', [reference(UID)]), item('LOW', [reference(UID)])])).toBe(100);
    expect(drawnAs([item('TOP', [reference('2.25.9')]), item('LOW', [reference(UID)])])).toBe(255);
  });

  it.each([
    ['far away', object('POLYLINE', [-1e30, 1e30, 1e30, -1e30])],
    ['of too few numbers', object('ELLIPSE', [1, 2, 3])],
    ['of none', object('POLYLINE', [])],
    ['of half a point', object('CIRCLE', [1])],
    ['filled and far away', object('POLYLINE', [-1e30, -1e30, 1e30, 0, 0, 1e30], { GraphicFilled: 'Y' })],
    ['of no number', object('POLYLINE', [Number.NaN, 1, Number.POSITIVE_INFINITY, 3])],
  ])('%s do no harm', (_what, attributes) => {
    expect(draw(image(size), new Uint8Array(3200), { presentation: graphic([attributes]) }).bytes).toHaveLength(1600);
  });

  it('RR-18 are not drawn when they are far too many', () => {
    const many = object(
      'POLYLINE',
      Array.from({ length: 500_000 }, (_, i) => i),
    );
    expect(() => planRendering(image(size), { frameNumber: 1, presentation: graphic([many]) })).toThrow(
      InvalidInstance,
    );
  });

  it.each([
    ['points of curves', [object('INTERPOLATED', [])], 2 ** 20, 16],
    ['objects', Array.from({ length: 20_000 }, () => object('POINT', [])), 0, 1],
  ])('RR-18 are counted before any is read: %s', (_what, objects, numbers, times) => {
    const data = Buffer.alloc(numbers * 4);
    const items = objects.map((one) => {
      const { GraphicData: _, ...others } = one;
      const { elements } = dataSetOfKeywords(others);
      return dataSet([...elements, element(TAG.GraphicData, data, 'FL')].toSorted((a, b) => a.tag - b.tag));
    });
    const annotation = dataSetOfKeywords({ GraphicLayer: 'L', GraphicObjectSequence: items });
    const presentation = state({ GraphicAnnotationSequence: Array.from({ length: times }, () => annotation) });
    const refused = () =>
      expect(() => planRendering(image(size), { frameNumber: 1, presentation })).toThrow(
        'more graphics than are drawn',
      );
    expect(bestTimeMs(refused)).toBeLessThan(100);
  });

  it('RR-18 become paths where they are drawn, not where they are planned', () => {
    const presentation = graphic([
      object('INTERPOLATED', [5, 5, 20, 10, 35, 5]),
      object('CIRCLE', [20, 20, 30, 20, 7]),
    ]);
    const { view } = planRendering(image(size), { frameNumber: 1, presentation });
    expect(view?.graphics.map(({ points }) => points.length)).toEqual([6, 4]);
  });

  it('RR-18 of a thousand layers are found soon, and not looked for in more', () => {
    const presentation = (count: number) =>
      state({
        GraphicLayerSequence: Array.from({ length: count }, (_, i) =>
          dataSetOfKeywords({ GraphicLayer: `L${i}`, GraphicLayerOrder: '1' }),
        ),
        GraphicAnnotationSequence: Array.from({ length: count }, () => dataSetOfKeywords({ GraphicLayer: 'NONE' })),
      });
    const plan = (of: DataSet) => planRendering(image(size), { frameNumber: 1, presentation: of });
    const [most, tooMany] = [presentation(1_000), presentation(1_001)];
    const before = performance.now();
    plan(most);
    expect(() => plan(tooMany)).toThrow(InvalidInstance);
    expect(performance.now() - before).toBeLessThan(300);
  });
});

describe('RR-16 referencedImages', () => {
  it('tells them in order, with their series and frames', () => {
    const presentation = state({
      ReferencedSeriesSequence: [
        dataSetOfKeywords({
          SeriesInstanceUID: '2.25.7',
          ReferencedImageSequence: [reference('2.25.1'), reference('2.25.2', ['4', '2'])],
        }),
        dataSetOfKeywords({ SeriesInstanceUID: '2.25.8', ReferencedImageSequence: [reference('2.25.3')] }),
      ],
    });
    expect(referencedImages(presentation)).toEqual([
      { seriesInstanceUID: '2.25.7', sopInstanceUID: '2.25.1', frameNumbers: undefined },
      { seriesInstanceUID: '2.25.7', sopInstanceUID: '2.25.2', frameNumbers: [4, 2] },
      { seriesInstanceUID: '2.25.8', sopInstanceUID: '2.25.3', frameNumbers: undefined },
    ]);
    expect(referencedImages(state())).toEqual([]);
  });
});
