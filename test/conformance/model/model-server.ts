/**
 * A model of what a server has to draw: right for the suite's fixtures, of which it knows everything, and for nothing else. It
 * shows that the checks of rendered resources, thumbnails and decoded pixels can hold, and has faults planted in it.
 */
import { createHash } from 'node:crypto';
import { PDF_BYTES } from '../../../conformance/fixtures/documents.js';
import { STATE_WINDOW } from '../../../conformance/fixtures/drawn-slices.js';
import type { Fixture } from '../../../conformance/fixtures/fixture.js';
import { type Picture, pictureOf } from '../../../conformance/pictures/picture.js';
import { writeMultipart } from '../../../conformance/wire/multipart.js';
import { fieldOf, type Passing, type Reply } from '../faults/fault.js';
import { decodedReply } from './model-decoding.js';
import { BadParameter, draw, encode, readQuality, readViewport, readWindow, type Wish } from './model-drawing.js';

const RESOURCE =
  /^(\/studies\/([\d.]+)(?:\/series\/([\d.]+))?(?:\/instances\/([\d.]+))?(?:\/frames\/([^/?]+))?)\/(rendered|thumbnail)$/;
const BASE = '/dicom-web';
const IMAGES: readonly string[] = ['image/jpeg', 'image/png', 'image/gif'];
const REPORT = 'Finding: Nothing to see <here> & no "more"';
const ESCAPED = REPORT.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const BLANK = pictureOf(32, 32, () => 128);

export type Fixtures = ReadonlyMap<string, Fixture>;

const problem = (status: number): Reply => ({
  status,
  headers: [['Content-Type', 'application/problem+json']],
  body: Buffer.from(`{"status":${status}}`),
});

const whole = (type: string, body: Buffer, more: Reply['headers'] = []): Reply => ({
  status: 200,
  headers: [
    ['Content-Type', type],
    ['Content-Length', String(body.length)],
    ['ETag', `"${createHash('sha1').update(body).digest('hex')}"`],
    ['X-Content-Type-Options', 'nosniff'],
    ['Content-Security-Policy', 'sandbox'],
    ...more,
  ],
  body,
});

/** The answer to what is rendered or decoded; undefined for everything else. */
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
    if (path === '/wado') return await uriReply(request, parameters, fixtures);
    const resource = RESOURCE.exec(path);
    if (resource === null) return decodedReply(request, path, fixtures);
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
    const accept = parameters.get('accept') ?? fieldOf(request, 'Accept') ?? '*/*';
    if (parameters.has('accept') && !/\*\/\*|image\/png.*image|^undefined$/.test(fieldOf(request, 'Accept') ?? '*/*')) {
      return problem(406);
    }
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
    annotation: annotation?.split(',').some((word) => ['patient', 'technique'].includes(word)) === true,
    hasProfile: profile !== undefined && profile !== 'no',
  };
}

async function renderedReply(asked: Rendered): Promise<Reply> {
  const { request, source, subjects, frames, accept, parameters, isAlone } = asked;
  const [first] = subjects;
  if (first === undefined) return problem(404);
  const wish = wishOf(parameters);
  if (['CORRUPT', 'HUGE'].includes(first.name)) return problem(422);
  if (first.name === 'VID') return video(request, first);
  if (first.name === 'SR')
    return document(accept, [
      ['text/html', `<html><body>${ESCAPED}</body></html>`],
      ['text/plain', REPORT],
      ['text/xml', `<a>${ESCAPED}</a>`],
    ]);
  if (first.name === 'PDF') return document(accept, [['application/pdf', PDF_BYTES]]);
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
  const known =
    parameters
      .get('annotation')
      ?.split(',')
      .filter((word) => !['patient', 'technique'].includes(word)) ?? [];
  const warning: Reply['headers'] =
    known.length === 0 ? [] : [['Warning', `299 model: The following annotation values are not supported: ${known}`]];
  if (!isMultipart) {
    const isAnimated = type === 'image/gif' && isAlone && frames === undefined;
    const alone = isAnimated
      ? drawable
      : isAlone && frames === undefined
        ? drawable.slice(drawable.length >> 1).slice(0, 1)
        : drawable;
    if ((!isAlone || alone.length > 1) && !isAnimated) return problem(406);
    const body = await encode(
      type,
      alone.map(({ picture }) => picture),
      wish,
    );
    return whole(type, body, [['Content-Location', BASE + source], ...warning]);
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

function document(accept: string, forms: readonly (readonly [string, string | Buffer])[]): Reply {
  const [type, body] = forms.find(([one]) => accept.includes(one) || accept.includes('*/*')) ?? [];
  return type === undefined || body === undefined ? problem(406) : whole(type, Buffer.from(body));
}

function video(request: Passing, { frames: [mp4 = Buffer.alloc(0)] }: Fixture): Reply {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(fieldOf(request, 'Range') ?? '') ?? [];
  if (from === undefined) return whole('video/mp4', mp4);
  const last = to === '' ? mp4.length - 1 : Number(to);
  const part = mp4.subarray(Number(from), last + 1);
  return { ...whole('video/mp4', part, [['Content-Range', `bytes ${from}-${last}/${mp4.length}`]]), status: 206 };
}

async function thumbnailReply(fixture: Fixture, parameters: ReadonlyMap<string, string>): Promise<Reply> {
  const asked = parameters.get('viewport');
  const viewport = asked === undefined ? { columns: 24, rows: 24 } : readViewport(asked, 2);
  const isShown = fixture.name !== 'BURNED' && (fixture.pictures?.length ?? 0) > 0;
  const picture = isShown ? draw(fixture, 1, { viewport }) : BLANK;
  return whole('image/jpeg', await encode('image/jpeg', [picture], {}));
}

async function uriReply(
  request: Passing,
  parameters: ReadonlyMap<string, string>,
  fixtures: Fixtures,
): Promise<Reply | undefined> {
  const fixture = [...fixtures.values()].find(({ instance }) => instance === parameters.get('objectUID'));
  const contentType = parameters.get('contentType');
  if (fixture === undefined || contentType === 'application/dicom') return decodedReply(request, '/wado', fixtures);
  if (fixture.name === 'SR') return uriReport(contentType);
  if (contentType !== undefined && !IMAGES.includes(contentType)) return undefined;
  if (parameters.get('annotation') === '') throw new BadParameter('annotation');
  const needed = ['frameNumber', 'windowCenter', 'windowWidth', 'presentationUID', 'presentationSeriesUID'];
  if (needed.some((name) => parameters.has(name))) return undefined;
  const quality = parameters.get('imageQuality');
  const [rows, columns] = ['rows', 'columns'].map((name) => parameters.get(name));
  const sides = { rows: Number(rows ?? 1e6), columns: Number(columns ?? 1e6) };
  if (![sides.rows, sides.columns].every((side) => side >= 1)) throw new BadParameter('rows');
  const region = parameters.get('region')?.split(',').map(Number);
  const [xMin = 0, yMin = 0, xMax = 1, yMax = 1] = region ?? [];
  const isWrong = region !== undefined && (region.length !== 4 || region.some((one) => !(one >= 0 && one <= 1)));
  if (isWrong || xMin >= xMax || yMin >= yMax) throw new BadParameter('region');
  const picture = draw(fixture, 1, {});
  const part = {
    left: xMin * picture.columns,
    top: yMin * picture.rows,
    width: (xMax - xMin) * picture.columns,
    height: (yMax - yMin) * picture.rows,
  };
  const isSized = rows !== undefined || columns !== undefined;
  const viewport = { ...(isSized ? sides : { columns: part.width, rows: part.height }), ...part };
  const type = contentType ?? 'image/jpeg';
  const seen = draw(fixture, 1, { viewport });
  return whole(type, await encode(type, [seen], { quality: quality === undefined ? undefined : readQuality(quality) }));
}

const uriReport = (contentType = 'text/html'): Reply =>
  document(contentType, [
    ['text/html', `<html><body>${ESCAPED}</body></html>`],
    ['text/plain', REPORT],
  ]);
