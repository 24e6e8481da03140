/** What `rendered` gives of an instance that is no image. PS3.18 §10.4.1.1.3, Table 8.7.4-1 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { kindOf } from '../dicom/instance-kinds.js';
import type { Exchange } from './exchange.js';
import { REPORT_MEDIA_TYPES, renderableAs } from './renderable-as.js';
import { findDocument, renderedDocument, renderedVideo } from './rendered-document.js';
import { renderedReport } from './rendered-report.js';
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
    case 'document': {
      const document = await findDocument(archive, instance);
      return [{ mediaType: document.mediaType, render: async () => renderedDocument(document) }];
    }
    case 'video':
      return renderableAs(instance).map((mediaType) => ({
        mediaType,
        render: () => renderedVideo(archive, instance, mediaType),
      }));
    default:
      return [];
  }
}
