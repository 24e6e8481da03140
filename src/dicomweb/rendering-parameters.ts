/** How an image is to be rendered, as parameters of the Studies Service say. PS3.18 §8.3.5.1, §8.3.5.2 */
import { invalidRequest } from '../errors.js';
import type { ICCProfileChoice } from '../pixels/render/colour-profile.js';
import type { Viewport } from '../pixels/render/viewport.js';
import type { Window, WindowFunction } from '../pixels/render/window.js';
import type { ParameterDescription, QueryParameter } from './query-parameters.js';
import { MOST_QUALITY, readAnnotations, readDecimal } from './rendering-values.js';

export interface RenderingParameters {
  /** What is to be written on the image: `patient`, `technique`, or words that nobody knows. */
  readonly annotations: readonly string[];
  /** 1 to 100. */
  readonly quality: number | undefined;
  readonly viewport: Viewport | undefined;
  readonly window: Window | undefined;
  readonly iccProfile: ICCProfileChoice;
}

const ICC_PROFILES = ['no', 'yes', 'srgb', 'adobergb', 'rommrgb'] as const satisfies readonly ICCProfileChoice[];
const WINDOW_FUNCTIONS = ['linear', 'linear-exact', 'sigmoid'] as const satisfies readonly WindowFunction[];

/** Of Retrieve Rendered, for a Capabilities Description: those that say how, not as what. */
export const RENDERING_PARAMETERS: readonly ParameterDescription[] = [
  { name: 'annotation', values: ['patient', 'technique'] },
  { name: 'quality' },
  { name: 'viewport' },
  { name: 'window' },
  { name: 'iccprofile', values: ICC_PROFILES },
];

/** Of Retrieve Thumbnail. */
export const THUMBNAIL_PARAMETERS: readonly ParameterDescription[] = [{ name: 'viewport' }];

/** Read them; others are ignored. @throws ArchiveError `invalid-request` for a value that none can have, or one given twice */
export function readRenderingParameters(parameters: readonly QueryParameter[]): RenderingParameters {
  return {
    annotations: readAnnotations(textOf(parameters, 'annotation')),
    quality: readQuality(textOf(parameters, 'quality')),
    viewport: readViewport(parameters),
    window: readWindow(textOf(parameters, 'window')),
    iccProfile: readICCProfile(textOf(parameters, 'iccprofile')),
  };
}

/**
 * Read the viewport of what has no part that could be chosen: `vw,vh` alone. PS3.18 §8.3.5.2
 * @throws ArchiveError `invalid-request`
 */
export function readViewportSize(parameters: readonly QueryParameter[]): Viewport | undefined {
  const viewport = readViewport(parameters);
  if (textOf(parameters, 'viewport')?.split(',').length === 6) {
    throw invalidRequest('The parameter viewport has a width and a height here, and no part of an image.');
  }
  return viewport;
}

function textOf(parameters: readonly QueryParameter[], name: string): string | undefined {
  const [first, ...others] = parameters.filter((parameter) => parameter.name === name);
  if (others.length > 0) throw invalidRequest(`The parameter ${name} is given more than once.`);
  return first?.value;
}

function readQuality(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const quality = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (quality >= 1 && quality <= MOST_QUALITY) return quality;
  throw invalidRequest(`The parameter quality is not an integer from 1 to ${MOST_QUALITY}.`);
}

/** PS3.18 §8.3.5.1.3 */
function readViewport(parameters: readonly QueryParameter[]): Viewport | undefined {
  const text = textOf(parameters, 'viewport');
  if (text === undefined) return undefined;
  const values = text.split(',');
  const [width, height] = values.map((value) => (/^\d{1,5}$/.test(value) ? Number(value) : 0));
  const part = values.slice(2).map((value) => (value === '' ? undefined : readDecimal(value)));
  const [x, y, regionWidth, regionHeight] = part;
  const isPart = part.every((value) => value === undefined || Number.isFinite(value));
  const isWithin = (x ?? 0) >= 0 && (y ?? 0) >= 0 && regionWidth !== 0 && regionHeight !== 0;
  if (![2, 6].includes(values.length) || !width || !height || !isPart || !isWithin) {
    throw invalidRequest(
      'The parameter viewport is not vw,vh or vw,vh,sx,sy,sw,sh: whole pixels of 1 or more, then a part of the image.',
    );
  }
  return {
    width,
    height,
    ...(x === undefined ? {} : { x }),
    ...(y === undefined ? {} : { y }),
    ...(regionWidth === undefined ? {} : { regionWidth }),
    ...(regionHeight === undefined ? {} : { regionHeight }),
  };
}

/** PS3.18 §8.3.5.1.4 */
function readWindow(text: string | undefined): Window | undefined {
  if (text === undefined) return undefined;
  const [center = '', width = '', name, ...others] = text.split(',');
  const shape = WINDOW_FUNCTIONS.find((one) => one === name);
  const window = shape && { center: readDecimal(center), width: readDecimal(width), function: shape };
  if (window === undefined || others.length > 0 || !Number.isFinite(window.center) || !(window.width > 0)) {
    throw invalidRequest(
      `The parameter window is not center,width,function: two decimal numbers, and ${WINDOW_FUNCTIONS.join(' or ')}.`,
    );
  }
  return window;
}

/** PS3.18 §8.3.5.1.5 */
function readICCProfile(text: string | undefined): ICCProfileChoice {
  const choice = ICC_PROFILES.find((one) => one === (text ?? 'no'));
  if (choice !== undefined) return choice;
  throw invalidRequest(`The parameter iccprofile is not one of ${ICC_PROFILES.join(', ')}.`);
}
