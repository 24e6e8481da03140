/** Search for studies, series and instances: QIDO-RS. PS3.18 §10.6 */
import { setImmediate } from 'node:timers/promises';
import type { FindQuery } from '../archive/index/find-query.js';
import type { FoundEntity } from '../archive/index/found-entity.js';
import type { QueryLevel } from '../dicom/queryable-attributes.js';
import { acceptsGzip, gzipped } from './content-encoding.js';
import { chooseRepresentation, type Exchange, type Handler, sendPieces, sendWhole } from './exchange.js';
import { CSV, DICOM_JSON, DICOM_XML, PLAIN_JSON } from './media-type-names.js';
import { type JSONOfDocument, sendNativeXMLParts } from './native-xml.js';
import { type AnswerShape, answerColumns, answerWriter } from './search-answer.js';
import { csvWriter } from './search-csv.js';
import { expectAllSupported, parseSearchRequest, type SearchRequest } from './search-request.js';
import { searchedPath } from './urls.js';

export interface SearchResource {
  readonly level: QueryLevel;
  /** The levels whose attributes may be keys. PS3.18 Table 10.6.1-4 */
  readonly matchedLevels: readonly QueryLevel[];
  /** The levels whose attributes are answered. PS3.18 Table 10.6.3-2 */
  readonly returnedLevels: readonly QueryLevel[];
}

const OFFERED = [
  { mediaType: DICOM_JSON, multipart: false },
  { mediaType: DICOM_XML, multipart: true },
  { mediaType: CSV, multipart: false },
];
/** Answers written between two looks at what else there is to do. */
const ANSWERS_AT_ONCE = 100;
/** Fewer answers fit into some packets as they are. */
export const ANSWERS_WORTH_PACKING = 10;

/** Make the handler of one of the six resources. */
export const searchFor =
  (resource: SearchResource): Handler =>
  async (exchange) => {
    const { mediaType } = chooseRepresentation(exchange, OFFERED);
    const request = await readRequest(exchange, resource);
    const { limit, returnTags, fields } = request;
    const { entities, remaining } = await exchange.archive.search(queryOf(exchange, resource, request));
    warn(exchange, [...request.warnings, ...(remaining > 0 && limit > 0 ? [additionalResults(remaining)] : [])]);
    if (entities.length === 0) {
      exchange.response.status(204).end();
      return;
    }
    const { level, returnedLevels } = resource;
    await sendAnswers(exchange, mediaType, entities, { level, returnedLevels, returnTags, fields });
  };

/** Make the handler that says how many answers one of the six resources has: an extension, for which no standard has words. */
export const countFor =
  (resource: SearchResource): Handler =>
  async (exchange) => {
    chooseRepresentation(exchange, [{ mediaType: PLAIN_JSON, multipart: false }]);
    const request = await readRequest(exchange, resource);
    const count = await exchange.archive.count(queryOf(exchange, resource, request));
    warn(exchange, request.warnings);
    const body = Buffer.from(JSON.stringify({ count }));
    await sendWhole(exchange, PLAIN_JSON, body);
  };

/** Send all answers of a search, which are some. */
function sendAnswers(
  exchange: Exchange,
  mediaType: string,
  entities: readonly FoundEntity[],
  shape: AnswerShape,
): Promise<void> {
  const { base, request } = exchange;
  if (mediaType === DICOM_XML) return sendNativeXMLParts(exchange, documents(entities, shape, base));
  const isCSV = mediaType === CSV;
  const contentType = isCSV ? `${CSV}; charset=utf-8; header=present` : DICOM_JSON;
  const pieces = (isCSV ? csvTable : jsonArray)(entities, shape, base);
  const isGzip = entities.length >= ANSWERS_WORTH_PACKING && acceptsGzip(request.headers['accept-encoding']);
  if (!isGzip) return sendPieces(exchange, { 'Content-Type': contentType }, pieces);
  return sendPieces(exchange, { 'Content-Type': contentType, 'Content-Encoding': 'gzip' }, gzipped(pieces));
}

/** Which attributes have been added is asked only when a search may be about them. */
async function readRequest(exchange: Exchange, resource: SearchResource): Promise<SearchRequest> {
  const { parameters, archive, rules } = exchange;
  let request = parseSearchRequest(parameters, resource);
  if (request.mayNameAdded) {
    const added = await archive.queryAttributes();
    if (added.length > 0) request = parseSearchRequest(parameters, resource, added);
  }
  if (rules.refusesUnknownKeys) expectAllSupported(request);
  return request;
}

function queryOf({ variables }: Exchange, { level }: SearchResource, request: SearchRequest): FindQuery {
  const { matches, dateTimes, zoned, sequences, values, fields, limit, offset } = request;
  return { ...searchedPath(variables), level, matches, dateTimes, zoned, sequences, values, fields, limit, offset };
}

/** PS3.18 §8.3.4.4.1 */
const additionalResults = (remaining: number): string =>
  `There are ${remaining} additional results that can be requested`;

function warn({ response, base }: Exchange, warnings: readonly string[]): void {
  if (warnings.length > 0)
    response.setHeader(
      'Warning',
      warnings.map((text) => `299 ${base}: ${text}`),
    );
}

async function* jsonArray(entities: readonly FoundEntity[], shape: AnswerShape, base: string): AsyncGenerator<Buffer> {
  const write = answerWriter(shape, base);
  for (let at = 0; at < entities.length; at += ANSWERS_AT_ONCE) {
    const texts = entities.slice(at, at + ANSWERS_AT_ONCE).map(write);
    const isLast = at + ANSWERS_AT_ONCE >= entities.length;
    yield Buffer.from(`${at === 0 ? '[' : ','}${texts.join()}${isLast ? ']' : ''}`);
  }
}

async function* documents(
  entities: readonly FoundEntity[],
  shape: AnswerShape,
  base: string,
): AsyncGenerator<JSONOfDocument> {
  const write = answerWriter(shape, base);
  for (const [i, entity] of entities.entries()) {
    if (i % ANSWERS_AT_ONCE === ANSWERS_AT_ONCE - 1) await setImmediate();
    yield { json: [Buffer.from(write(entity))] };
  }
}

async function* csvTable(entities: readonly FoundEntity[], shape: AnswerShape, base: string): AsyncGenerator<Buffer> {
  const { head, row } = csvWriter(answerColumns(shape), base);
  yield Buffer.from(head);
  for (let at = 0; at < entities.length; at += ANSWERS_AT_ONCE) {
    yield Buffer.from(
      entities
        .slice(at, at + ANSWERS_AT_ONCE)
        .map(row)
        .join(''),
    );
  }
}
