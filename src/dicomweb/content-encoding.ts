/** Whether a client takes gzip, and how it gets it: RFC 9110 §12.5.3, as far as two codings need it. */
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Request } from 'express';
import { ProblemDetails } from './problem.js';

/** True when `gzip` or `*` is listed with a weight that is not zero. */
export function acceptsGzip(header: string | undefined): boolean {
  const codings = (header ?? '').toLowerCase().split(',').map(parseCoding);
  const named = codings.find(({ name }) => name === 'gzip') ?? codings.find(({ name }) => name === '*');
  return named !== undefined && named.weight > 0;
}

function parseCoding(text: string): { readonly name: string; readonly weight: number } {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  return { name, weight: weight === undefined ? 1 : Number(weight.slice(2)) };
}

/** Fast rather than small: the texts of this server shrink to a tenth even so. */
export async function* gzipped(pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gzip = createGzip({ level: 1 });
  const fed = pipeline(pieces, gzip);
  fed.catch(() => undefined);
  for await (const chunk of gzip) yield chunk;
  await fed;
}

/** @throws ProblemDetails 415 when the body that is sent has a content coding */
export function expectIdentity({ headers }: Pick<Request, 'headers'>): void {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new ProblemDetails('unsupported-media-type', 'Bodies are taken without a content coding.', {
    headers: { 'Accept-Encoding': 'identity' },
  });
}
