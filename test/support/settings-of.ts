import type { ArchivePlaces, BlobsPlace } from '../../src/archive/places.js';

/** The environment of a process that works on the archive at these places. */
export const settingsOf = ({ database, blobs }: ArchivePlaces): Record<string, string> => ({
  NCCID_DATABASE_URL: database.kind === 'sqlite' ? `sqlite:${database.path}` : withConnections(database),
  NCCID_BLOBS: blobs.kind === 'folder' ? blobs.path : s3URL(blobs),
});

function withConnections({ url, connections }: Extract<ArchivePlaces['database'], { kind: 'postgres' }>): string {
  const whole = new URL(url);
  whole.searchParams.set('connections', String(connections));
  return whole.href;
}

function s3URL({ bucket, prefix, endpoint, region, isPathStyle }: Extract<BlobsPlace, { kind: 's3' }>): string {
  const parameters = new URLSearchParams({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    'path-style': String(isPathStyle),
  });
  return `s3://${bucket}/${prefix}?${parameters}`;
}
