/** Search for studies, series and instances: QIDO-RS. PS3.18 §10.6 */
import { setImmediate } from 'node:timers/promises';
import type { QueryLevel } from '../dicom/queryable-attributes.js';
import { chooseRepresentation, type Exchange, type Handler, sendPieces } from './exchange.js';
import { type JSONOfDocument, NATIVE_XML_TYPE, sendNativeXMLParts } from './native-xml.js';
import { answerWriter } from './search-answer.js';
import { parseSearchRequest } from './search-request.js';
import { searchedPath } from './urls.js';

export interface SearchResource {
  readonly level: QueryLevel;
  /** The levels whose attributes may be keys. PS3.18 Table 10.6.1-4 */
  readonly matchedLevels: readonly QueryLevel[];
  /** The levels whose attributes are answered. PS3.18 Table 10.6.3-2 */
  readonly returnedLevels: readonly QueryLevel[];
}

const JSON_TYPE = 'application/dicom+json';
/** Answers written between two looks at what else there is to do. */
const ANSWERS_AT_ONCE = 100;

/** Make the handler of one of the six resources. */
export const searchFor =
  (resource: SearchResource): Handler =>
  async (exchange) => {
    const { mediaType } = chooseRepresentation(exchange, [
      { mediaType: JSON_TYPE, multipart: false },
      { mediaType: NATIVE_XML_TYPE, multipart: true },
    ]);
    const request = parseSearchRequest(exchange.parameters, resource);
    const { matches, dateTimes, zoned, sequences, limit, offset } = request;
    const { level, returnedLevels } = resource;
    const parent = searchedPath(exchange.variables);
    const { entities, remaining } = await exchange.archive.search({
      ...parent,
      level,
      matches,
      dateTimes,
      zoned,
      sequences,
      limit,
      offset,
    });
    warn(exchange, [...request.warnings, ...(remaining > 0 && limit > 0 ? [additionalResults(remaining)] : [])]);
    if (entities.length === 0) {
      exchange.response.status(204).end();
      return;
    }
    const write = answerWriter({ level, returnedLevels, returnTags: request.returnTags }, exchange.base);
    if (mediaType === NATIVE_XML_TYPE) return sendNativeXMLParts(exchange, documents(entities, write));
    await sendPieces(exchange, { 'Content-Type': JSON_TYPE }, jsonArray(entities, write));
  };

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

async function* jsonArray<T>(entities: readonly T[], write: (entity: T) => string): AsyncGenerator<Buffer> {
  for (let at = 0; at < entities.length; at += ANSWERS_AT_ONCE) {
    const texts = entities.slice(at, at + ANSWERS_AT_ONCE).map(write);
    const isLast = at + ANSWERS_AT_ONCE >= entities.length;
    yield Buffer.from(`${at === 0 ? '[' : ','}${texts.join()}${isLast ? ']' : ''}`);
  }
}

async function* documents<T>(entities: readonly T[], write: (entity: T) => string): AsyncGenerator<JSONOfDocument> {
  for (const [i, entity] of entities.entries()) {
    if (i % ANSWERS_AT_ONCE === ANSWERS_AT_ONCE - 1) await setImmediate();
    yield { json: [Buffer.from(write(entity))] };
  }
}
