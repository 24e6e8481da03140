/** Reports as text: structured ones, with links to what their reader may see of the instances they name, and CDA. PS3.18 Table 8.7.4-1 */
import { createHash } from 'node:crypto';
import type { LocatedInstance } from '../archive/index/locate.js';
import { readHeader } from '../archive/read/header.js';
import { readStructuredReport } from '../dicom/structured-report.js';
import type { Exchange } from './exchange.js';
import type { ReportMediaType } from './renderable-as.js';
import { type EncapsulatedDocument, withFile } from './rendered-document.js';
import { cdaAsHTML } from './report/cda-html.js';
import { cdaAsText } from './report/cda-text.js';
import { reportAsHTML } from './report/report-html.js';
import { locateReferences, type ReportOptions } from './report/report-links.js';
import { REPORT_PAGE_POLICY } from './report/report-page.js';
import { reportAsText } from './report/report-text.js';
import { reportAsXML } from './report/report-xml.js';
import { visibleReferences } from './report/visible-references.js';
import type { SinglePart } from './single-part.js';
import { unhurriedText } from './unhurried-text.js';
import { instanceURL } from './urls.js';

const REPORT_WRITERS = { 'text/html': reportAsHTML, 'text/plain': reportAsText, 'text/xml': reportAsXML } as const;

const CDA_WRITERS = { 'text/html': cdaAsHTML, 'text/plain': cdaAsText } as const;

/**
 * Render a report. What is sent for `text/html` allows itself its own style, and nothing else.
 * @throws ArchiveError `corrupt`
 */
export async function renderedReport(
  { archive, base }: Pick<Exchange, 'archive' | 'base'>,
  instance: LocatedInstance,
  mediaType: ReportMediaType,
): Promise<SinglePart> {
  const report = readStructuredReport(await withFile(archive, instance, readHeader));
  const visible = await visibleReferences(archive, (await locateReferences(report)).values());
  const linkOf: ReportOptions['linkOf'] = ({ sopInstanceUID }) => {
    const seen = visible.get(sopInstanceUID);
    return seen && `${instanceURL(base, seen)}/rendered`;
  };
  const links = createHash('sha256')
    .update([base, ...visible.keys()].join())
    .digest('hex');
  return {
    mediaType,
    headers: textHeaders(mediaType),
    digest: `${instance.sha256}/report/${links}`,
    lengthBytes: undefined,
    bytes: () => unhurriedText(REPORT_WRITERS[mediaType](report, { linkOf })),
  };
}

/**
 * Render a clinical document (CDA) for people.
 * @throws ArchiveError `corrupt`
 */
export async function renderedCDA(
  document: EncapsulatedDocument,
  mediaType: Exclude<ReportMediaType, 'text/xml'>,
): Promise<SinglePart> {
  const pieces: Buffer[] = [];
  // Copied, for a piece holds only until the next one.
  for await (const piece of document.bytes()) pieces.push(Buffer.from(piece));
  return {
    mediaType,
    headers: textHeaders(mediaType),
    digest: `${document.digest}/read`,
    lengthBytes: undefined,
    bytes: () => unhurriedText(CDA_WRITERS[mediaType](Buffer.concat(pieces))),
  };
}

const textHeaders = (mediaType: ReportMediaType): Readonly<Record<string, string>> => ({
  'Content-Type': `${mediaType}; charset=utf-8`,
  ...(mediaType === 'text/html' ? { 'Content-Security-Policy': REPORT_PAGE_POLICY } : {}),
});
