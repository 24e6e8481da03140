/** Where the index of an archive is: a file of this machine, or a database that any number of machines share. */

export interface SqlitePlace {
  readonly kind: 'sqlite';
  /** The file, absolute or from the working folder. */
  readonly path: string;
}

export interface PostgresPlace {
  readonly kind: 'postgres';
  /** A libpq URL; what it leaves out comes from the standard `PG…` variables. */
  readonly url: string;
  /** Connections that one process opens at most. */
  readonly connections: number;
}

export type DatabasePlace = SqlitePlace | PostgresPlace;

/** The place as people may see it: without user and password. */
export function describeDatabasePlace(place: DatabasePlace): string {
  if (place.kind === 'sqlite') return place.path;
  const { hostname, port, pathname, searchParams } = new URL(place.url);
  const host = hostname || searchParams.get('host') || 'localhost';
  return `postgres://${host}${port === '' ? '' : `:${port}`}${pathname}`;
}
