/** Faults in what is rendered. */
import sharp from 'sharp';
import { colourAt, pictureOf, resized } from '../../../conformance/pictures/picture.js';
import {
  accepts,
  answering,
  asking,
  bytes,
  type Fault,
  fault,
  fieldOf,
  heading,
  reply,
  retarget,
  status,
  targets,
} from './fault.js';
import { bodies, inverted, levels, redrawn, redrawnParts, withCorner, withoutOrder } from './redrawn.js';

const thumbnail = targets(/\/thumbnail/);
const firstPartGone = (body: string, boundary: string): string => {
  const parts = body.split(`--${boundary}`);
  return parts.length < 4 ? body : [parts[0], ...parts.slice(2)].join(`--${boundary}`);
};
/** Errors from this one on are success. */
const succeeding = (from: number): Pick<Fault, 'answer'> => ({
  answer: (answer) => (answer.status >= from ? { ...answer, status: 200 } : answer),
});
const isWithoutToken = (request: Parameters<typeof fieldOf>[0]): boolean =>
  fieldOf(request, 'Authorization') === undefined;

/** The writing that is burned into a fixture, shown after all. */
const BURNED = pictureOf(64, 48, (x, y) => (((x >> 4) + 2 * (y >> 4)) % 3 === 0 ? 255 : 0));
const BURNED_JPEG = await sharp(BURNED.rgb, { raw: { width: 64, height: 48, channels: 3 } })
  .jpeg()
  .toBuffer();

export const RENDERED_FAULTS: readonly Fault[] = [
  fault('RR-01', 'GIF can not be had', answering(accepts(/image\/gif/), reply(406))),
  fault(
    'RR-01',
    'the default is PNG',
    asking('Accept', (value) => (value === '*/*' ? 'image/png' : value)),
  ),
  fault(
    'RR-01',
    'JPEG is called PNG',
    heading('Content-Type', (value) => value.replace('jpeg', 'png')),
  ),
  fault('RR-02', 'plain text can not be had', answering(accepts(/text\/plain/), reply(406))),
  fault(
    'RR-02',
    'the text of a report is taken for HTML',
    bodies(/^text\/html/, (body) => Buffer.from(body.toString('utf8').replace(/&lt;/g, '<').replace(/&gt;/g, '>'))),
  ),
  fault(
    'RR-03',
    'JPEG is progressive',
    bodies(/^image\/jpeg/, (body) => {
      const at = body.indexOf(Buffer.from([0xff, 0xc0]));
      return Buffer.concat([body.subarray(0, at + 1), Buffer.from([0xc2]), body.subarray(at + 2)]);
    }),
  ),
  fault('RR-04', 'red and blue are exchanged', redrawn(withoutOrder)),
  fault('RR-04', 'levels are those of video', redrawn(levels((level) => Math.round(16 + (level * 219) / 255)))),
  fault('RR-04', 'what is compressed can not be drawn', answering(targets(/window=500,4000/), reply(406))),
  fault('RR-05', 'padding is white', redrawn(withCorner)),
  fault('RR-05', 'MONOCHROME1 with a window is not inverted', redrawn(inverted, targets(/window=100,100,/))),
  fault('RR-06', 'functions are ignored', retarget(/sigmoid|linear-exact/, 'linear')),
  fault('RR-06', 'two values are enough', retarget(/window=40,400$/, 'window=40,400,linear')),
  fault('RR-06', 'functions have no case', retarget(/LINEAR/, 'linear')),
  fault('RR-06', 'a width of nothing is taken', retarget(/window=40,0,linear/, 'window=40,1,linear')),
  fault(
    'RR-07',
    'the picture is stretched',
    redrawn((picture) => resized(picture, 100, 100), targets(/viewport=100,100$/)),
  ),
  fault('RR-07', 'the region is ignored', retarget(/(viewport=16,12),16,12,16,12/, '$1')),
  fault('RR-07', 'nothing is flipped', retarget(/-(?=32)/, '')),
  fault('RR-07', 'a size of nothing is ignored', retarget(/\?viewport=0,10/, '')),
  fault('RR-08', 'without viewport pictures are small', retarget(/rendered$/, 'rendered?viewport=16,16')),
  fault('RR-09', 'quality is ignored', retarget(/[?&]quality=\d+/, '')),
  fault('RR-09', 'quality=0 is the least', retarget(/quality=0/, 'quality=1')),
  fault('RR-10', 'annotation is ignored', retarget(/&annotation=[^&]*/, '')),
  fault('RR-10', 'an empty annotation is none', retarget(/\?annotation=$/, '')),
  fault(
    'RR-10',
    'nobody tells that an annotation is unknown',
    heading('Warning', () => undefined),
  ),
  fault(
    'RR-10',
    'everything is annotated',
    redrawn((picture) =>
      pictureOf(picture.columns, picture.rows, (x, y) => (x < 9 && y < 9 ? 255 : colourAt(picture, x, y))),
    ),
  ),
  fault('RR-11', 'GIF has a profile', status(400, 200, accepts(/gif/))),
  fault('RR-11', 'no is yes', retarget(/iccprofile=no/, 'iccprofile=yes')),
  fault('RR-12', 'accept is ignored', retarget(/accept=image\/png&/, '')),
  fault('RR-12', 'viewport is ignored beside window', retarget(/&viewport=[^&]*/, '')),
  fault(
    'RR-13',
    'a series is one picture',
    answering((request) => /[0-9]\/rendered/.test(request.target) && accepts(/^image/)(request), reply(200, '{}')),
  ),
  fault('RR-13', 'a slice is missing', bytes(firstPartGone)),
  fault('RR-14', 'a frame is missing', bytes(firstPartGone)),
  fault('RR-14', 'a frame by itself is inverted', redrawn(inverted)),
  fault('RR-15', 'frame 2 is frame 1', retarget(/frames\/2\/rendered/, 'frames/1/rendered')),
  fault('RR-15', 'frames count from 0', retarget(/frames\/0\/rendered/, 'frames/1/rendered')),
  fault('RR-15', 'a frame that is not there is 400', status(404, 400)),
  fault('RR-16', 'the window of the state is ignored', redrawnParts(inverted)),
  fault('RR-16', 'a window goes before that of the state', retarget(/\?window=40,400,linear/, '')),
  fault('RR-16', 'a state without its images is not found', status(400, 404)),
  fault(
    'RR-17',
    'Content-Location is missing',
    heading('Content-Location', () => undefined),
  ),
  fault(
    'RR-17',
    'Content-Location is that of what is rendered',
    heading('Content-Location', (value) => `${value}/rendered`),
  ),
  fault('RR-18', 'what is no image is an error of the server', status(406, 500)),
  fault('RR-18', 'what is corrupt is success', succeeding(407)),
  fault('RR-19', 'MPR is an error of the server', answering(targets(/renderedmpr/), reply(500, '{}'))),
  fault('RR-20', 'a huge image is success', succeeding(400)),
  fault('MT-24', 'transfer-syntax in Accept is an error', answering(accepts(/;transfer-syntax=/), reply(400))),
  fault(
    'MT-24',
    'JPEG has a transfer syntax',
    heading('Content-Type', (value) => `${value}; transfer-syntax=1.2.840.10008.1.2.4.50`),
  ),
  fault(
    'HT-01',
    'a picture has one ETag at all sizes',
    heading(
      'ETag',
      () => '"one"',
      (_, request) => targets(/rendered/)(request),
    ),
  ),
  fault(
    'HT-12',
    'a report may run scripts',
    heading('Content-Security-Policy', () => undefined),
  ),
  fault('HT-08', 'a video does not answer Range', status(206, 200)),
];

export const THUMBNAIL_FAULTS: readonly Fault[] = [
  fault('RT-01', 'frames have no thumbnails', answering(targets(/frames\/1\/thumbnail/), reply(404))),
  fault(
    'RT-02',
    'a thumbnail is called PNG',
    heading('Content-Type', (value) => value.replace('jpeg', 'png')),
  ),
  fault('RT-02', 'a thumbnail shows nothing', retarget(/thumbnail$/, 'thumbnail?viewport=1,1')),
  fault(
    'RT-03',
    'what is burned in is shown',
    bodies(/^image\/jpeg/, () => BURNED_JPEG, thumbnail),
  ),
  fault('RT-04', 'a region is ignored', retarget(/100,100,0,0,1,1/, '100,100')),
  fault('RT-04', 'viewport is ignored', retarget(/viewport=16,16/, 'viewport=24,24')),
  fault('RT-05', 'a redirection leads nowhere', answering(thumbnail, reply(302, '', [['Location', '/nowhere']]))),
  fault('RT-06', 'a series shows nothing', retarget(/(series\/[\d.]+\/thumbnail)$/, '$1?viewport=1,1')),
  fault(
    'RT-06',
    'thumbnails need no token',
    answering((request) => thumbnail(request) && isWithoutToken(request), reply(200, '{}')),
  ),
  fault('RT-07', 'an Accept that no image can meet is 406', answering(accepts(/octet-stream/), reply(406))),
];

const withoutType = targets(/^\/wado\?(?!.*contentType)/);

export const URI_RENDERED_FAULTS: readonly Fault[] = [
  fault('URI-03', 'the default is PNG', {
    request: (request) =>
      withoutType(request) ? { ...request, target: `${request.target}&contentType=image/png` } : request,
  }),
  fault('URI-09', 'reports are not plain text', answering(targets(/text\/plain/), reply(406))),
  fault(
    'URI-09',
    'JPEG is called PNG',
    heading('Content-Type', (value) => value.replace('jpeg', 'png')),
  ),
  fault('URI-11', 'rows and columns are exchanged', retarget(/rows=12&columns=100/, 'rows=100&columns=12')),
  fault('URI-11', 'no rows are an error of the server', answering(targets(/rows=0/), reply(500, '{}'))),
  fault('URI-12', 'the region is the other half', retarget(/region=0,0,0\.5,1/, 'region=0.5,0,1,1')),
  fault(
    'URI-12',
    'a region turned round is an error of the server',
    answering(targets(/0\.5,0,0\.2,1/), reply(500, '{}')),
  ),
  fault('URI-15', 'imageQuality is ignored', retarget(/&imageQuality=[19]0(?!\d)/, '')),
  fault('URI-15', 'no quality is an error of the server', answering(targets(/imageQuality=0/), reply(500, '{}'))),
  fault('URI-16', 'anonymize=no is an error of the server', answering(targets(/anonymize=no/), reply(500, '{}'))),
];
