/**
 * Which viewer is served: OHIF as its makers have built it, one package of npm named by version and by the digest of its bytes.
 * How it is kept on disk once it has been unpacked.
 */
import { join } from 'node:path';

export interface PackageName {
  readonly name: string;
  readonly version: string;
  /** SHA-512 of the tarball, as npm writes it: `sha512-` and base64. */
  readonly integrity: string;
}

export const VIEWER_PACKAGE: PackageName = {
  name: '@ohif/app',
  version: '3.12.10',
  integrity: 'sha512-0kuF66Mq9c9dMD++bUsTjMrJpXJwaZhz9B4uS244DawAjSkTwIYFU93pxPuRUQixaRi7QAHlF3Fe1qudBlZrmA==',
};

/** To be raised when `unpack-viewer.ts` makes something else of the same package. */
const FORM = 1;

/** What stands for this very viewer in URLs and names of folders. */
export const VIEWER_RELEASE = `ohif-${VIEWER_PACKAGE.version}-${FORM}`;

/** The folder of this release below the one that the settings name. */
export const releaseFolder = (viewerFolder: string): string => join(viewerFolder, VIEWER_RELEASE);

/** The list of what a release has; it is written last. */
export const CONTENTS_FILE = 'contents.json';

/** How a file can be sent, with the ending of its name on disk. */
export const ENCODINGS = { br: '.br', gzip: '.gz', identity: '' } as const;
export type Encoding = keyof typeof ENCODINGS;

export interface ViewerFile {
  /** With slashes, without one at its beginning. */
  readonly path: string;
  /** Of each form in which it is there. */
  readonly bytes: Readonly<Partial<Record<Encoding, number>>>;
}

/** What `contents.json` holds. */
export interface ViewerContents {
  readonly files: readonly ViewerFile[];
  /** The paths of the script and the style sheet with which the viewer begins. */
  readonly script: string;
  readonly style: string;
}
