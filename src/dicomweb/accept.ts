/**
 * Content negotiation of PS3.18: which of the representations that a resource can give is the one the client wants. The
 * resource lists them; this file knows nothing of resources. Where the standard and the clients in use disagree, the
 * clients are served: a missing Accept means anything, aliases of media types are known, stored bytes travel as
 * `application/octet-stream` if any transfer syntax will do. PS3.18 §8.3.3.1, §8.7; RFC 9110 §12.5.1
 */
import { EXPLICIT_VR_LITTLE_ENDIAN, NEVER_NEGOTIATED } from '../dicom/transfer-syntaxes.js';
import { invalidRequest } from '../errors.js';
import { type MediaType, parameterOf, parseMediaTypes } from './media-type.js';
import { DICOM, DICOM_JSON, OCTETS, PLAIN_JSON } from './media-type-names.js';

/** One way a resource can be given. */
export interface Representation {
  /** Of the payload, or of each part: `application/dicom+json`, `application/dicom`, `image/jls`. */
  readonly mediaType: string;
  readonly multipart: boolean;
  /** Absent for what has none (metadata, rendered images), and for `stored` Instances that do not all share one. */
  readonly transferSyntaxUID?: string | undefined;
  /** The bytes are as they were stored; preferred when the client names no transfer syntax or takes any. */
  readonly stored?: boolean | undefined;
  /**
   * The pixel data exist only compressed and can or should not be decoded, so this is given also to who names no transfer
   * syntax and therefore means Explicit VR Little Endian; without a syntax, what is not compressed is in that one.
   * PS3.18 §8.7.3.4
   */
  readonly lossyOnly?: boolean | undefined;
  /** What is stored with loss is given decoded: to who names Explicit VR Little Endian, not to who names nothing. */
  readonly isDecodedLossy?: boolean | undefined;
}

export interface AcceptableTypes {
  /** The Accept header field, if sent. */
  readonly acceptHeader: string | undefined;
  /** The decoded values of the `accept` query parameter. */
  readonly acceptParameters: readonly string[];
}

/** One media range of the client, with aliases replaced. */
interface MediaRange {
  readonly form: 'any' | 'multipart' | 'single';
  /** In lower case; may be `*` for type, subtype or both. */
  readonly mediaType: string;
  readonly transferSyntaxes: readonly string[];
  /** 0 to 1; 0 excludes. */
  readonly quality: number;
  readonly specificity: number;
  readonly place: number;
}

interface Candidate<Offer extends Representation> {
  readonly offer: Offer;
  readonly range: MediaRange;
  readonly transferSyntaxRank: number;
}

const ANY = '*/*';

/** Names in use for what the standard calls otherwise. PS3.18 §8.7.3.3.2 note, and as clients have been seen to send. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  [PLAIN_JSON, DICOM_JSON],
  ['image/dicom+jp2', 'image/jp2'],
  ['image/dicom+jpeg', 'image/jpeg'],
  ['image/j2c', 'image/jp2'],
  ['image/jhc', 'image/jphc'],
  ['image/x-dicom-rle', 'image/dicom-rle'],
  ['image/x-jls', 'image/jls'],
  ['video/mpeg2', 'video/mpeg'],
]);

/** PS3.18 Table 8.7.4-1 */
const RENDERED_MEDIA_TYPES: ReadonlySet<string> = new Set([
  'application/pdf',
  'image/gif',
  'image/jp2',
  'image/jpeg',
  'image/jph',
  'image/jxl',
  'image/png',
  'text/html',
  'text/plain',
  'text/rtf',
  'text/xml',
  'video/h265',
  'video/mp4',
  'video/mpeg',
]);

/**
 * Choose the representation the client wants most; undefined when none is acceptable (406). `offered` is best first, and
 * its first is the default of the resource.
 *
 * The `accept` query parameter is tried first; if it names nothing offered, the header decides alone; if what it names is
 * offered but the header does not accept that, nothing is acceptable. Among acceptable representations the order is:
 * quality, how narrow the media range is, the order of the client, the order of `offered`.
 * @throws ArchiveError invalid-request when either is longer than 16 KiB, or the parameter holds a wildcard or mixes DICOM
 * with rendered media types. PS3.18 §8.3.3.1, §8.7.8
 */
export function negotiate<Offer extends Representation>(
  request: AcceptableTypes,
  offered: readonly Offer[],
): Offer | undefined {
  const ranges = rangesOfParameter(request.acceptParameters);
  const wanted = ranges.length === 0 ? [] : acceptable(ranges, offered);
  const byHeader = acceptable(rangesOfHeader(request.acceptHeader), offered);
  if (wanted.length === 0) return byHeader[0];
  return wanted.find((offer) => byHeader.includes(offer));
}

/**
 * Make sure that an Accept header field does not ask for DICOM and for rendered media types at once.
 * @throws ArchiveError invalid-request. PS3.18 §8.7.5
 */
export function expectOneKind(header: string | undefined): void {
  const ranges = rangesOfHeader(header);
  if (ranges.some(isDICOM) && ranges.some(isRendered)) {
    throw invalidRequest('The Accept header field mixes DICOM media types with rendered media types.');
  }
}

/** The character sets that media types of an Accept header field name. PS3.18 §8.7.3.5.3 */
export const charsetsOf = (header = ''): readonly string[] =>
  header.includes('charset')
    ? parseMediaTypes(header).flatMap((mediaType) => mediaType.parameters.get('charset') ?? [])
    : [];

/** Name the media types of `offered` as an Accept header field would ask for them, for the body of a 406. PS3.18 §8.5 */
export function describeOffered(offered: readonly Representation[]): readonly string[] {
  return [...new Set(offered.filter(mayBeReturned).map(describe))];
}

function describe(offer: Representation): string {
  const transferSyntax = offer.transferSyntaxUID ?? (offer.stored ? '*' : undefined);
  const parameter = transferSyntax === undefined ? '' : `; transfer-syntax=${transferSyntax}`;
  return (offer.multipart ? `multipart/related; type="${offer.mediaType}"` : offer.mediaType) + parameter;
}

function rangesOfHeader(header: string | undefined): readonly MediaRange[] {
  return parseMediaTypes(header?.trim() ? header : ANY).map(rangeOf);
}

function rangesOfParameter(values: readonly string[]): readonly MediaRange[] {
  const sent = parseMediaTypes(values.join(','));
  if (sent.some((mediaType) => mediaType.essence.includes('*') || parameterOf(mediaType, 'type')?.includes('*'))) {
    throw invalidRequest(
      'The accept query parameter names media types; wildcards belong into the Accept header field.',
    );
  }
  const ranges = sent.map(rangeOf);
  if (ranges.some(isDICOM) && ranges.some(isRendered)) {
    throw invalidRequest('The accept query parameter mixes DICOM media types with rendered media types.');
  }
  return ranges;
}

const isDICOM = (range: MediaRange): boolean => range.mediaType.startsWith(DICOM);

/** As a part, `image/jpeg` is Bulkdata; alone it is a rendered image. */
const isRendered = (range: MediaRange): boolean => range.form === 'single' && RENDERED_MEDIA_TYPES.has(range.mediaType);

function rangeOf(sent: MediaType, place: number): MediaRange {
  const form = formOf(sent.essence);
  const mediaType = standardName((form === 'multipart' ? parameterOf(sent, 'type') : sent.essence) ?? ANY);
  const transferSyntaxes = sent.parameters.get('transfer-syntax') ?? [];
  const range = { form, mediaType, transferSyntaxes };
  return { ...range, quality: qualityOf(sent), specificity: specificityOf(range), place };
}

function formOf(essence: string): MediaRange['form'] {
  if (essence === ANY) return 'any';
  return essence === 'multipart/related' || essence === 'multipart/*' ? 'multipart' : 'single';
}

/** The name of a media type in the standard, in lower case, where clients call it otherwise. */
export function standardName(mediaType: string): string {
  const name = mediaType.toLowerCase();
  return name === '*' ? ANY : (ALIASES.get(name) ?? name);
}

/** A malformed weight is ignored as any malformed parameter is (PS3.18 §8.7.7); Java sends `q=.2`. */
function qualityOf(sent: MediaType): number {
  const text = parameterOf(sent, 'q') ?? '';
  const quality = /^(?:\d(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text) : 1;
  return Math.min(quality, 1);
}

function specificityOf(range: Pick<MediaRange, 'form' | 'mediaType' | 'transferSyntaxes'>): number {
  const namesSyntax = range.transferSyntaxes.some((syntax) => syntax !== '*') ? 1 : 0;
  if (range.mediaType === ANY) return (range.form === 'any' ? 0 : 2) + namesSyntax;
  return (range.mediaType.endsWith('/*') ? 4 : 6) + namesSyntax;
}

function acceptable<Offer extends Representation>(
  ranges: readonly MediaRange[],
  offered: readonly Offer[],
): readonly Offer[] {
  return offered
    .filter(mayBeReturned)
    .flatMap((offer) => candidateOf(ranges, offer) ?? [])
    .filter((candidate) => candidate.range.quality > 0)
    .sort(byPreference)
    .map((candidate) => candidate.offer);
}

const mayBeReturned = (offer: Representation): boolean => !NEVER_NEGOTIATED.has(offer.transferSyntaxUID);

function byPreference(a: Candidate<Representation>, b: Candidate<Representation>): number {
  return (
    b.range.quality - a.range.quality ||
    b.range.specificity - a.range.specificity ||
    a.range.place - b.range.place ||
    a.transferSyntaxRank - b.transferSyntaxRank
  );
}

/** Pair the offer with the narrowest range that covers it, for that one says its quality; the first of several. */
function candidateOf<Offer extends Representation>(
  ranges: readonly MediaRange[],
  offer: Offer,
): Candidate<Offer> | undefined {
  const mediaType = standardName(offer.mediaType);
  const family = `${mediaType.slice(0, mediaType.indexOf('/'))}/*`;
  let best: Candidate<Offer> | undefined;
  for (const range of ranges) {
    if (best && range.specificity <= best.range.specificity) continue;
    if (range.mediaType !== mediaType && range.mediaType !== family && range.mediaType !== ANY) continue;
    if (range.form !== 'any' && (range.form === 'multipart') !== offer.multipart) continue;
    const transferSyntaxRank = transferSyntaxRankOf(range, offer);
    if (transferSyntaxRank !== undefined) best = { offer, range, transferSyntaxRank };
  }
  return best;
}

/** How well the offer's transfer syntax suits the range: the less the better; undefined when it does not. */
function transferSyntaxRankOf(range: MediaRange, offer: Representation): number | undefined {
  if (offer.transferSyntaxUID === undefined && !offer.stored && !offer.lossyOnly) return 0;
  if (range.transferSyntaxes.length === 0) return rankWithoutTransferSyntax(range, offer);
  const at = range.transferSyntaxes.findIndex((syntax) => syntax === '*' || syntax === offer.transferSyntaxUID);
  if (at < 0) return undefined;
  return range.transferSyntaxes[at] === '*' && !offer.stored ? at + 0.5 : at;
}

/**
 * A range without transfer syntax means Explicit VR Little Endian, or for a compressed media type any of its own; but to
 * exclude a type is to exclude all its syntaxes, and who takes any type takes the default.
 */
function rankWithoutTransferSyntax(range: MediaRange, offer: Representation): number | undefined {
  if (range.mediaType === ANY || range.quality === 0) return 0;
  if (offer.transferSyntaxUID === EXPLICIT_VR_LITTLE_ENDIAN) return offer.isDecodedLossy ? 2 : 0;
  if (offer.lossyOnly) return 1;
  const isUncompressed = offer.mediaType === DICOM || offer.mediaType === OCTETS;
  if (isUncompressed) return undefined;
  return offer.stored ? 0 : 1;
}
