/**
 * The values that attributes of a site's instances are to have, as the data controller gives them and takes them back: also those
 * that could be given once and can not any more.
 */
import type { Transaction } from 'kysely';
import {
  defineCoercedAttribute,
  type KeptCoercion,
  MOST_COERCED_ATTRIBUTES,
  parseCoercedTag,
  readKeptCoercions,
  type WrittenCoercion,
  writeKeptCoercions,
} from '../archive/coerced-attributes.js';
import type { Database } from '../database/database.js';
import type { Schema } from '../database/schema.js';
import { ArchiveError } from '../errors.js';

type Attributes = readonly KeptCoercion[];

/** The attributes of a site, ascending by tag. @throws ArchiveError `not-found` when there is no such site */
export async function readSiteAttributes({ read }: Pick<Database, 'read'>, siteName: string): Promise<Attributes> {
  const row = await read
    .selectFrom('site')
    .select('coerced_attributes')
    .where('name', '=', siteName)
    .executeTakeFirst();
  if (row === undefined) throw new ArchiveError('not-found', 'There is no site of this name.');
  return readKeptCoercions(row.coerced_attributes);
}

/**
 * Give attributes a value in every instance that the site sends from now on, all of them or none. Returns all it has then.
 * @throws ArchiveError `not-found`, `invalid-request` when an attribute or value is none that may be given, `conflict` when
 * they are too many
 */
export function setSiteAttributes(
  database: Database,
  siteName: string,
  written: readonly WrittenCoercion[],
): Promise<Attributes> {
  const given: Attributes = written.map(defineCoercedAttribute);
  return change(database, siteName, (attributes) => {
    const byTag = new Map([...attributes, ...given].map((attribute) => [attribute.tag, attribute]));
    if (byTag.size > MOST_COERCED_ATTRIBUTES) {
      throw new ArchiveError('conflict', `At most ${MOST_COERCED_ATTRIBUTES} attributes of a site can be set.`);
    }
    return [...byTag.values()].sort((a, b) => a.tag - b.tag);
  });
}

/**
 * Leave attributes of what the site sends from now on as they are sent. Returns those that are still set.
 * @throws ArchiveError `not-found` when there is no such site, or an attribute is not set; `invalid-request` when it is none
 */
export function removeSiteAttributes(
  database: Database,
  siteName: string,
  names: readonly string[],
): Promise<Attributes> {
  const tags = new Set(names.map(parseCoercedTag));
  return change(database, siteName, (attributes) => {
    const kept = attributes.filter(({ tag }) => !tags.has(tag));
    if (kept.length + tags.size !== attributes.length) {
      throw new ArchiveError('not-found', 'The site does not set this attribute.');
    }
    return kept;
  });
}

function change(
  database: Database,
  siteName: string,
  changed: (attributes: Attributes) => Attributes,
): Promise<Attributes> {
  return database.write(async (tx: Transaction<Schema>) => {
    const attributes = changed(await readSiteAttributes({ read: tx }, siteName));
    await tx
      .updateTable('site')
      .set({ coerced_attributes: writeKeptCoercions(attributes) })
      .where('name', '=', siteName)
      .execute();
    return attributes;
  });
}
