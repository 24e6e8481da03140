/**
 * Retrieve Capabilities: what can be asked of each resource, made of the table of routes, so that it says of no resource
 * what there is not. It says nothing of what is stored and is the same for everybody, so that who has no token yet may read
 * it, and no UID in a path makes a difference. PS3.18 §8.9, Annex H
 */
import { gzipSync } from 'node:zlib';
import { notFound } from '../errors.js';
import { describeResource } from './capabilities-description.js';
import { answerNotModified } from './conditional.js';
import { acceptsGzip } from './content-encoding.js';
import { entityTag, RepresentationDigest } from './entity-tag.js';
import { chooseRepresentation, type Exchange, type Negotiation } from './exchange.js';
import { PLAIN_JSON } from './media-type-names.js';
import { findResource, type Resource, resourceTree } from './resource-tree.js';
import { type RouteTable, segmentsOf } from './route-table.js';
import { wadlJSON, wadlXML } from './wadl.js';

const WADL_TYPE = 'application/vnd.sun.wadl+xml';
const OFFERED = [WADL_TYPE, PLAIN_JSON].map((mediaType) => ({ mediaType, multipart: false }));

/** In what form a description is given. */
interface Form {
  readonly mediaType: string;
  readonly isGzip: boolean;
}

interface Description {
  readonly body: Buffer;
  readonly tag: string;
}

export class Capabilities {
  readonly #table: RouteTable;
  readonly #base: string;
  readonly #root: Resource;
  /** By template and form: as many as the table has resources, whatever is asked. */
  readonly #descriptions = new Map<string, Description>();

  /** @param base the URL of the service, without a slash at its end */
  constructor(table: RouteTable, base: string) {
    this.#table = table;
    this.#base = base;
    this.#root = resourceTree(table.routes);
  }

  /**
   * Answer OPTIONS of a path under the base.
   * @throws ArchiveError `not-found` when no route leads there or beyond, ProblemDetails 406
   */
  answer(exchange: Negotiation & Pick<Exchange, 'response'>, path: string): void {
    const { request, response } = exchange;
    const resource = findResource(this.#root, segmentsOf(path));
    if (resource === undefined) throw notFound();
    response.set('Allow', this.#allow(path));
    const { mediaType } = chooseRepresentation(exchange, OFFERED);
    const isGzip = acceptsGzip(request.headers['accept-encoding']);
    const { body, tag } = this.#describe(resource, { mediaType, isGzip });
    if (answerNotModified(exchange, tag)) return;
    response.status(200);
    // By hand, for Express would add a charset, which neither type has.
    response.setHeader('Content-Type', mediaType);
    response.setHeader('Content-Length', body.length);
    if (isGzip) response.setHeader('Content-Encoding', 'gzip');
    response.end(body);
  }

  #allow(path: string): string {
    const methods = this.#table.allowedMethods(path);
    return methods.length === 0 ? 'OPTIONS' : methods.join(', ');
  }

  #describe(resource: Resource, { mediaType, isGzip }: Form): Description {
    const key = `${resource.template} ${mediaType} ${isGzip}`;
    const known = this.#descriptions.get(key);
    if (known !== undefined) return known;
    const document = describeResource(resource, this.#base);
    const text = mediaType === WADL_TYPE ? wadlXML(document) : wadlJSON(document);
    const description = {
      body: isGzip ? gzipSync(text) : Buffer.from(text),
      tag: entityTag(new RepresentationDigest().add(text, isGzip ? 'gzip' : 'identity').end()),
    };
    this.#descriptions.set(key, description);
    return description;
  }
}
