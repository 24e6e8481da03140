/** One request as the handlers of the DICOMweb services see it, and the ways in which they answer. */
import type { Request, Response } from 'express';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { describeOffered, negotiate, type Representation } from './accept.js';
import { notAcceptable } from './problem.js';
import type { QueryParameter } from './query-parameters.js';
import { writePieces } from './write-pieces.js';

export interface Exchange {
  readonly request: Request;
  readonly response: Response;
  /** The archive as the caller may see it. */
  readonly archive: ScopedArchive;
  /** The id of the caller's token: what the log names. */
  readonly callerID: string;
  /** The URL of the DICOMweb service, without a slash at its end. */
  readonly base: string;
  /** The variables of the route's template. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly parameters: readonly QueryParameter[];
}

export type Handler = (exchange: Exchange) => Promise<void>;

/** Choose what to answer with. @throws ProblemDetails 406 naming what there is */
export function chooseRepresentation(
  { request, parameters }: Pick<Exchange, 'request' | 'parameters'>,
  offered: readonly Representation[],
): Representation {
  const acceptParameters = parameters.filter(({ name }) => name === 'accept').map(({ value }) => value);
  const acceptHeader = request.headers.accept;
  const chosen = negotiate({ acceptHeader, acceptParameters }, offered);
  if (chosen === undefined) throw notAcceptable(describeOffered(offered));
  return chosen;
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

async function* resumed(first: IteratorResult<Buffer>, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
