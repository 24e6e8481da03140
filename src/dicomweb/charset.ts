/**
 * Character sets of answers: this server writes UTF-8 and nothing else, so what a client asks for can only be that or not to
 * be had. PS3.18 §8.3.3.2, §8.8; RFC 9110 §12.5.2
 */

/** Names of UTF-8 among charsets, and among the defined terms of DICOM. PS3.3 §C.12.1.1.2 */
const UTF8: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'iso_ir 192']);

export interface AcceptableCharsets {
  /** Those that media types of the Accept header field have as a parameter. */
  readonly ofMediaTypes: readonly string[];
  /** The decoded values of the `charset` query parameter. */
  readonly ofParameters: readonly string[];
  /** The Accept-Charset header field, if sent. */
  readonly header: string | undefined;
}

/**
 * Whether an answer in UTF-8 is acceptable. Media types are asked first, then the query, then the header. What the first two
 * name and this server does not know is ignored; the header is obeyed. PS3.18 §8.8.5
 */
export function isUTF8Acceptable({ ofMediaTypes, ofParameters, header }: AcceptableCharsets): boolean {
  const named = [...ofMediaTypes, ...ofParameters.flatMap((value) => value.split(','))];
  return named.some(isUTF8) || header === undefined || header.trim() === '' || isInHeader(header);
}

const isUTF8 = (name: string): boolean => UTF8.has(unquoted(name));

const unquoted = (name: string): string =>
  name
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .toLowerCase();

/** `*` stands for every charset that is not named beside it. */
function isInHeader(header: string): boolean {
  const ranges = header.split(',').map((range) => range.split(';'));
  const named = ranges.find(([name = '']) => isUTF8(name)) ?? ranges.find(([name = '']) => name.trim() === '*');
  return named !== undefined && !/^q=0(?:\.0*)?$/.test(named[1]?.trim() ?? '');
}

/** Whether a media type is text, which is in some character set. */
export const isText = (mediaType: string): boolean => /^text\/|[/+](?:json|xml)$/.test(mediaType);
