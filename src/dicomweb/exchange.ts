/** One request as the handlers of the DICOMweb services see it, and the ways in which they answer. */
import type { Request, Response } from 'express';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { writePieces } from '../http/write-pieces.js';
import type { HeldShare } from '../pixels/held-bytes.js';
import type { ResultCache } from '../pixels/result-cache.js';
import type { WorkerPool } from '../pixels/worker-pool.js';
import { charsetsOf, describeOffered, expectOneKind, negotiate, type Representation } from './accept.js';
import { isText, isUTF8Acceptable } from './charset.js';
import { notAcceptable, ProblemDetails } from './problem.js';
import type { QueryParameter } from './query-parameters.js';
import type { Renderer } from './renderer.js';
import type { Rules } from './rules.js';
import type { Thumbnails } from './thumbnails.js';

export interface Exchange {
  readonly request: Request;
  readonly response: Response;
  /** The archive as the caller may see it. */
  readonly archive: ScopedArchive;
  /** Where pixels are decoded, encoded and drawn. */
  readonly pixels: WorkerPool;
  /** What has been made of pixels for the caller, and waits to be sent. */
  readonly held: HeldShare;
  /** Keeps what has been made of stored instances. */
  readonly results: ResultCache;
  /** What makes pictures of images. */
  readonly renderer: Renderer;
  readonly thumbnails: Thumbnails;
  /** The id of the caller's token: what the log names. */
  readonly callerID: string;
  /** The URL of the DICOMweb service, without a slash at its end. */
  readonly base: string;
  /** The variables of the route's template. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly parameters: readonly QueryParameter[];
  readonly rules: Rules;
}

/** As much of an exchange as it takes to agree on the form of its answer. */
export type Negotiation = Pick<Exchange, 'request' | 'parameters' | 'rules'>;

export type Handler = (exchange: Exchange) => Promise<void>;

/**
 * Choose what to answer with.
 * @throws ProblemDetails 406 naming what there is, ArchiveError `invalid-request` for an Accept that breaks a rule
 */
export function chooseRepresentation<Offer extends Representation>(
  { request, parameters, rules }: Negotiation,
  offered: readonly Offer[],
): Offer {
  const acceptParameters = valuesOf(parameters, 'accept');
  const acceptHeader = request.headers.accept;
  if (rules.needsAccept && acceptHeader === undefined && acceptParameters.length === 0) {
    throw notAcceptable(describeOffered(offered));
  }
  if (rules.refusesMixedAccept) expectOneKind(acceptHeader);
  const chosen = negotiate({ acceptHeader, acceptParameters }, offered);
  if (chosen === undefined) throw notAcceptable(describeOffered(offered));
  if (isText(chosen.mediaType)) expectUTF8(request, parameters);
  return chosen;
}

const valuesOf = (parameters: readonly QueryParameter[], wanted: string): readonly string[] =>
  parameters.filter(({ name }) => name === wanted).map(({ value }) => value);

function expectUTF8({ headers }: Request, parameters: readonly QueryParameter[]): void {
  const asked = {
    ofMediaTypes: charsetsOf(headers.accept),
    ofParameters: valuesOf(parameters, 'charset'),
    header: headers['accept-charset']?.toString(),
  };
  if (isUTF8Acceptable(asked)) return;
  throw new ProblemDetails('not-acceptable', 'Text is answered in UTF-8 only.', { members: { charsets: ['utf-8'] } });
}

/**
 * Send a body that comes in pieces. The first piece is made before the status is sent, so that what fails until then
 * is told by a status; what fails later breaks the connection. HEAD gets the same headers and no body.
 */
export async function sendPieces(
  { request, response }: Exchange,
  headers: Readonly<Record<string, string | number>>,
  pieces: AsyncGenerator<Buffer>,
  status = 200,
): Promise<void> {
  const first = await pieces.next();
  response.status(status);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (request.method === 'HEAD') {
    await pieces.return(undefined);
    response.end();
    return;
  }
  await writePieces(response, resumed(first, pieces));
}

/** Send a body that is there as a whole. */
export async function sendWhole(exchange: Exchange, contentType: string, body: Buffer, status = 200): Promise<void> {
  const pieces = async function* (): AsyncGenerator<Buffer> {
    yield body;
  };
  await sendPieces(exchange, { 'Content-Type': contentType, 'Content-Length': body.length }, pieces(), status);
}

async function* resumed(first: IteratorResult<Buffer>, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
