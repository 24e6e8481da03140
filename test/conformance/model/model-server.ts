/**
 * A model of what a server has to draw: right for the suite's fixtures, of which it knows everything, and for nothing else. It
 * shows that the checks of rendered resources and thumbnails can hold, and has faults planted in it.
 */
import { PDF_BYTES } from '../../../conformance/fixtures/documents.js';
import { STATE_WINDOW } from '../../../conformance/fixtures/drawn-slices.js';
import type { Fixture } from '../../../conformance/fixtures/fixture.js';
import { type Picture, pictureOf } from '../../../conformance/pictures/picture.js';
import { writeMultipart } from '../../../conformance/wire/multipart.js';
import { fieldOf, type Passing, type Reply } from '../faults/fault.js';
import { BadParameter, draw, encode, readQuality, readViewport, readWindow, type Wish } from './model-drawing.js';
import {
  type Fixtures,
  IMAGES,
  problem,
  REPORT,
  REPORT_PAGE,
  REPORT_XML,
  reportReply,
  videoReply,
  whole,
} from './model-replies.js';
import { uriReply } from './model-uri-service.js';

const RESOURCE =
  /^(\/studies\/([\d.]+)(?:\/series\/([\d.]+))?(?:\/instances\/([\d.]+))?(?:\/frames\/([^/?]+))?)\/(rendered|thumbnail)$/;
const BASE = '/dicom-web';
const FORMS = [
  ['text/html', REPORT_PAGE],
  ['text/plain', REPORT],
  ['text/xml', REPORT_XML],
] as const;
const ANNOTATIONS = ['patient', 'technique'];
const BLANK = pictureOf(32, 32, () => 128);

/** The answer to what is rendered; undefined for everything else. */
export async function modelReply(request: Passing, fixtures: Fixtures): Promise<Reply | undefined> {
  if (request.method !== 'GET' || fieldOf(request, 'Authorization') === undefined) return undefined;
  const [path = '', query = ''] = request.target.split('?');
  try {
    const parameters = new Map(
      query.split('&').flatMap((pair): [string, string][] => {
        const [name = '', value = ''] = pair.split('=');
        return name === '' ? [] : [[name, decodeURIComponent(value)]];
      }),
    );
    if (path === '/wado') return await uriReply(parameters, fixtures);
    const resource = RESOURCE.exec(path);
    if (resource === null) return undefined;
    const [, source = '', study, series, instance, frames, kind] = resource;
    const subjects = [...fixtures.values()].filter(
      (one) =>
        one.study === study &&
        (series === undefined || one.series === series) &&
        (instance === undefined || one.instance === instance),
    );
    const [first] = subjects;
    if (first === undefined) return undefined;
    if (kind === 'thumbnail') return await thumbnailReply(first, parameters);
    const header = fieldOf(request, 'Accept') ?? '*/*';
    const accept = parameters.get('accept') ?? header;
    // What the parameter asks for has to be acceptable by the header. PS3.18 §8.3.3.1
    if (accept !== header && header !== '*/*') return problem(406);
    return await renderedReply({
      request,
      source,
      subjects,
      frames,
      accept,
      parameters,
      isAlone: instance !== undefined,
      fixtures,
    });
  } catch (error) {
    if (error instanceof BadParameter) return problem(400);
    throw error;
  }
}

interface Rendered {
  readonly request: Passing;
  readonly source: string;
  readonly subjects: readonly Fixture[];
  readonly frames: string | undefined;
  readonly accept: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** Whether one instance is asked for. */
  readonly isAlone: boolean;
  readonly fixtures: Fixtures;
}

function wishOf(parameters: ReadonlyMap<string, string>): Wish {
  const [window, viewport, quality, annotation, profile] = [
    ...['window', 'viewport', 'quality', 'annotation', 'iccprofile'].map((name) => parameters.get(name)),
  ];
  if (annotation !== undefined && !/^\w+(?:,\w+)*$/.test(annotation)) throw new BadParameter('annotation');
  if (profile !== undefined && !['no', 'yes', 'srgb'].includes(profile)) throw new BadParameter('iccprofile');
  return {
    window: window === undefined ? undefined : readWindow(window),
    viewport: viewport === undefined ? undefined : readViewport(viewport, 6),
    quality: quality === undefined ? undefined : readQuality(quality),
    annotation: annotation?.split(',').some((word) => ANNOTATIONS.includes(word)) === true,
    hasProfile: profile !== undefined && profile !== 'no',
  };
}

async function renderedReply(asked: Rendered): Promise<Reply> {
  const { request, source, subjects, frames, accept, parameters } = asked;
  const [first] = subjects;
  if (first === undefined) return problem(404);
  const wish = wishOf(parameters);
  if (['CORRUPT', 'HUGE'].includes(first.name)) return problem(422);
  if (first.name === 'VID') return videoReply(request, first);
  if (first.name === 'SR') return reportReply(accept, FORMS);
  if (first.name === 'PDF') return reportReply(accept, [['application/pdf', PDF_BYTES]]);
  if (first.name === 'LOSTSTATE') return problem(400);
  const isState = first.name === 'STATE';
  if (isState && (wish.window !== undefined || wish.viewport?.left !== undefined)) return problem(400);
  const drawable = picturesOf(asked, wish);
  if (drawable.length === 0) return problem(frames === undefined ? 406 : 404);
  const isMultipart = accept.startsWith('multipart/related');
  const type =
    IMAGES.find((one) => accept.includes(one)) ?? (/\*\/\*|image\/\*/.test(accept) ? 'image/jpeg' : undefined);
  if (type === undefined) return problem(406);
  if (type === 'image/gif' && wish.hasProfile === true) return problem(400);
  const warning = warningOf(parameters);
  if (!isMultipart) {
    const alone = aloneOf(
      asked,
      type,
      drawable.map(({ picture }) => picture),
    );
    if (alone === undefined) return problem(406);
    return whole(type, await encode(type, alone, wish), [['Content-Location', BASE + source], ...warning]);
  }
  const parts = await Promise.all(
    drawable.map(async ({ picture, location }) => ({
      type,
      body: await encode(type, [picture], wish),
      headers: { 'Content-Location': BASE + location },
    })),
  );
  return whole(`multipart/related; type="${type}"; boundary=model`, writeMultipart(parts, 'model'), warning);
}

function warningOf(parameters: ReadonlyMap<string, string>): Reply['headers'] {
  const words = parameters.get('annotation')?.split(',') ?? [];
  const unknown = words.filter((word) => !ANNOTATIONS.includes(word));
  if (unknown.length === 0) return [];
  return [['Warning', `299 model: The following annotation values are not supported: ${unknown}`]];
}

/** What one image shows: all frames of an animation, the middle one of several, or the only one; otherwise none can. */
function aloneOf({ isAlone, frames }: Rendered, type: string, pictures: readonly Picture[]) {
  if (!isAlone) return undefined;
  if (frames !== undefined) return pictures.length === 1 ? pictures : undefined;
  return type === 'image/gif' ? pictures : pictures.slice(pictures.length >> 1).slice(0, 1);
}

function picturesOf({ subjects, frames, source, isAlone, fixtures }: Rendered, wish: Wish) {
  const numbers = frames?.split(',').map(Number);
  if (numbers?.some((number) => !(number > 0)) === true) throw new BadParameter('frames');
  if (subjects[0]?.name === 'STATE') {
    const slices = ['STATED1', 'STATED2'].flatMap((name) => fixtures.get(name) ?? []);
    return slices.map((slice) => ({ picture: draw(slice, 1, { ...wish, window: STATE_WINDOW }), location: source }));
  }
  return subjects.flatMap((fixture): { picture: Picture; location: string }[] => {
    const isDrawn = fixture.pictures !== undefined || (wish.window !== undefined && fixture.samples !== undefined);
    if (!isDrawn) return [];
    const count = fixture.pictures?.length || 1;
    if (numbers?.some((number) => number > count) === true) return [];
    const here = isAlone ? source : `/studies/${fixture.study}/series/${fixture.series}/instances/${fixture.instance}`;
    return (numbers ?? Array.from({ length: count }, (_, k) => k + 1)).map((number) => ({
      picture: draw(fixture, number, wish),
      location: here.replace(/\/frames\/.*/, `/frames/${number}`),
    }));
  });
}

async function thumbnailReply(fixture: Fixture, parameters: ReadonlyMap<string, string>): Promise<Reply> {
  const asked = parameters.get('viewport');
  const viewport = asked === undefined ? { columns: 24, rows: 24 } : readViewport(asked, 2);
  const isShown = fixture.name !== 'BURNED' && (fixture.pictures?.length ?? 0) > 0;
  const picture = isShown ? draw(fixture, 1, { viewport }) : BLANK;
  return whole('image/jpeg', await encode('image/jpeg', [picture], {}));
}
