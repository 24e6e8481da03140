/** What the URI service has to draw, as a model of it. PS3.18 §9.5 */
import type { Reply } from '../faults/fault.js';
import { BadParameter, draw, encode, readQuality } from './model-drawing.js';
import { type Fixtures, IMAGES, REPORT, REPORT_PAGE, reportReply, whole } from './model-replies.js';

/** The answer of the URI service to what is rendered; undefined for everything else. */
export async function uriReply(
  parameters: ReadonlyMap<string, string>,
  fixtures: Fixtures,
): Promise<Reply | undefined> {
  const fixture = [...fixtures.values()].find(({ instance }) => instance === parameters.get('objectUID'));
  const contentType = parameters.get('contentType');
  if (fixture === undefined || contentType === 'application/dicom') return undefined;
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
  reportReply(contentType, [
    ['text/html', REPORT_PAGE],
    ['text/plain', REPORT],
  ]);
