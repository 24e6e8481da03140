/** Whether a client takes gzip: RFC 9110 §12.5.3, as far as two codings need it. */

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
