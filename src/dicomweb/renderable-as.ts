/** As which media types an instance that is no image can be rendered. PS3.18 Table 8.7.4-1 */
import { type KindOfInstance, kindOf } from '../dicom/instance-kinds.js';
import { findTransferSyntax } from '../dicom/transfer-syntaxes.js';
import { OCTETS } from './media-type-names.js';

export const REPORT_MEDIA_TYPES = ['text/html', 'text/plain', 'text/xml'] as const;
export type ReportMediaType = (typeof REPORT_MEDIA_TYPES)[number];

/** PS3.4 Table B.5-1 */
export const ENCAPSULATED_CDA = '1.2.840.10008.5.1.4.1.1.104.2';

/**
 * The media types as which an instance can be rendered without drawing it, the default first: a report or
 * clinical document (CDA) as text, another document as what it is, a video as its code stream. None for images, which are drawn, and for what nobody can look at.
 * @param documentMediaType what an encapsulated document says that it is, in lower case
 */
export function renderableAs(instance: KindOfInstance, documentMediaType = OCTETS): readonly string[] {
  switch (kindOf(instance)) {
    case 'report':
      return REPORT_MEDIA_TYPES;
    case 'document':
      return instance.sopClassUID === ENCAPSULATED_CDA ? REPORT_MEDIA_TYPES : [documentMediaType];
    case 'video':
      return [findTransferSyntax(instance.transferSyntaxUID)?.mediaType ?? OCTETS];
    default:
      return [];
  }
}
