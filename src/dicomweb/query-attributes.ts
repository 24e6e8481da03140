/**
 * The attributes that curators add to those that are searched, over HTTP: an extension that no standard has. Beside the
 * resources of DICOM, for it is about what these can be asked.
 */
import { keywordsOf, pathText, type QueryAttribute } from '../archive/query-attributes/query-attribute.js';
import { invalidRequest, notFound } from '../errors.js';
import { chooseRepresentation, type Exchange, sendWhole } from './exchange.js';
import { readJSON } from './json-body.js';
import { PLAIN_JSON } from './media-type-names.js';

const MAX_BYTES = 4 * 1024;
const MEMBERS: readonly string[] = ['attribute', 'level', 'creator', 'vr'];

export async function listAttributes(exchange: Exchange): Promise<void> {
  chooseRepresentation(exchange, [{ mediaType: PLAIN_JSON, multipart: false }]);
  await sendJSON(exchange, (await exchange.archive.queryAttributes()).map(written));
}

export async function showAttribute(exchange: Exchange): Promise<void> {
  chooseRepresentation(exchange, [{ mediaType: PLAIN_JSON, multipart: false }]);
  const id = idIn(exchange);
  const attribute = (await exchange.archive.queryAttributes()).find((one) => one.id === id);
  if (attribute === undefined) throw notFound();
  await sendJSON(exchange, written(attribute));
}

/** 201 with the attribute; what is stored already is indexed by it from now on. */
export async function addAttribute(exchange: Exchange): Promise<void> {
  chooseRepresentation(exchange, [{ mediaType: PLAIN_JSON, multipart: false }]);
  const sent = textsIn(await readJSON(exchange.request, MAX_BYTES));
  const unknown = Object.keys(sent).filter((name) => !MEMBERS.includes(name));
  if (unknown.length > 0) throw invalidRequest(`An attribute is described by ${MEMBERS.join(', ')} and nothing else.`);
  const { attribute = '', level = '', creator, vr } = sent;
  const added = await exchange.archive.addQueryAttribute({ attribute, level, creator, vr });
  exchange.response.setHeader('Location', `${exchange.base}/attributes/${added.id}`);
  await sendJSON(exchange, written(added), 201);
}

/** 204; its values go in the background. */
export async function removeAttribute(exchange: Exchange): Promise<void> {
  await exchange.archive.removeQueryAttribute(idIn(exchange));
  exchange.response.status(204).end();
}

function idIn({ variables }: Exchange): number {
  const text = variables['attribute'] ?? '';
  if (!/^\d{1,15}$/.test(text)) throw notFound();
  return Number(text);
}

const written = (attribute: QueryAttribute) => ({
  id: attribute.id,
  attribute: keywordsOf(attribute),
  tag: pathText(attribute),
  ...(attribute.creator === undefined ? {} : { creator: attribute.creator }),
  vr: attribute.vr,
  level: attribute.level,
  status: attribute.indexed.isWhole ? 'ready' : 'indexing',
  done: attribute.indexed.done,
  ...(attribute.indexed.total === undefined ? {} : { total: attribute.indexed.total }),
});

async function sendJSON(exchange: Exchange, value: unknown, status = 200): Promise<void> {
  const body = Buffer.from(JSON.stringify(value));
  await sendWhole(exchange, PLAIN_JSON, body, status);
}

/** One JSON object of texts. */
function textsIn(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw noTexts();
  const members: [string, unknown][] = Object.entries(value);
  return Object.fromEntries(
    members.map(([name, text]) => {
      if (typeof text !== 'string') throw noTexts();
      return [name, text];
    }),
  );
}

const noTexts = () => invalidRequest('What is sent here is one JSON object whose members are texts.');
