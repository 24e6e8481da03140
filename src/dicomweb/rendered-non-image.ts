/** What `rendered` gives of an instance that is no image. PS3.18 §10.4.1.1.3, Table 8.7.4-1 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { MOST_CDA_BYTES } from '../dicom/cda-document.js';
import { kindOf } from '../dicom/instance-kinds.js';
import type { Exchange } from './exchange.js';
import { ENCAPSULATED_CDA, REPORT_MEDIA_TYPES, renderableAs } from './renderable-as.js';
import { type EncapsulatedDocument, findDocument, renderedDocument, renderedVideo } from './rendered-document.js';
import { renderedCDA, renderedReport } from './rendered-report.js';
import type { SinglePart } from './single-part.js';

/** One way in which an instance can be rendered, by its media type. */
export interface NonImageRendering {
  readonly mediaType: string;
  /** Make it. What it gives can be sent by itself or as a part. @throws ArchiveError `corrupt`, `unavailable` */
  readonly render: () => Promise<SinglePart>;
}

/**
 * The ways in which an instance can be rendered that is no image, the default first; none for images, and for what nobody can
 * look at.
 * @throws ArchiveError `not-found` when it is a document without one
 */
export async function nonImageRenderings(
  exchange: Pick<Exchange, 'archive' | 'base'>,
  instance: LocatedInstance,
): Promise<readonly NonImageRendering[]> {
  const { archive } = exchange;
  switch (kindOf(instance)) {
    case 'report':
      return REPORT_MEDIA_TYPES.map((mediaType) => ({
        mediaType,
        render: () => renderedReport(exchange, instance, mediaType),
      }));
    case 'document':
      return documentRenderings(instance, await findDocument(archive, instance));
    case 'video':
      return renderableAs(instance).map((mediaType) => ({
        mediaType,
        render: () => renderedVideo(archive, instance, mediaType),
      }));
    default:
      return [];
  }
}

function documentRenderings(instance: LocatedInstance, document: EncapsulatedDocument): readonly NonImageRendering[] {
  const asStored = async (): Promise<SinglePart> => renderedDocument(document);
  if (instance.sopClassUID !== ENCAPSULATED_CDA) return [{ mediaType: document.mediaType, render: asStored }];
  const asXML = { mediaType: 'text/xml', render: async () => renderedDocument({ ...document, mediaType: 'text/xml' }) };
  if (document.lengthBytes > MOST_CDA_BYTES) return [asXML];
  const forPeople = (['text/html', 'text/plain'] as const).map((mediaType) => ({
    mediaType,
    render: () => renderedCDA(document, mediaType),
  }));
  return [...forPeople, asXML];
}
