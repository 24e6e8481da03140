/** Where in an object store the blobs of an archive are. */

/** A bucket that speaks the S3 protocol: AWS, Ceph, MinIO, OpenStack Swift. Credentials come from AWS's standard chain. */
export interface S3Place {
  readonly bucket: string;
  /** What stands before every key: empty, or ending in a slash. */
  readonly prefix: string;
  /** URL of the service; undefined for AWS, or where `AWS_ENDPOINT_URL_S3` names it. */
  readonly endpoint: string | undefined;
  /** Undefined where `AWS_REGION` or the profile names it. */
  readonly region: string | undefined;
  /** Whether the bucket stands in the path of a request, not in the name of its host. */
  readonly isPathStyle: boolean;
}
