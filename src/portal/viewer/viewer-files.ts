/** The unpacked viewer as it lies on disk: what there is, and in which forms. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CONTENTS_FILE,
  ENCODINGS,
  type Encoding,
  releaseFolder,
  type ViewerContents,
  type ViewerFile,
} from './viewer-package.js';

export class ViewerFiles {
  /** The paths of the script and the style sheet with which the viewer begins. */
  readonly script: string;
  readonly style: string;
  readonly #folder: string;
  readonly #files: ReadonlyMap<string, ViewerFile>;

  private constructor(folder: string, { files, script, style }: ViewerContents) {
    this.script = script;
    this.style = style;
    this.#folder = folder;
    this.#files = new Map(files.map((file) => [file.path, file]));
  }

  /** Open the viewer below `viewerFolder`; undefined when it is not there as a whole. */
  static async open(viewerFolder: string): Promise<ViewerFiles | undefined> {
    const contents = await readContents(viewerFolder);
    return contents === undefined ? undefined : new ViewerFiles(releaseFolder(viewerFolder), contents);
  }

  find(path: string): ViewerFile | undefined {
    return this.#files.get(path);
  }

  /** Where a form of a file is. */
  placeOf({ path }: ViewerFile, encoding: Encoding): string {
    return join(this.#folder, path + ENCODINGS[encoding]);
  }
}

/** What the release below `viewerFolder` has; undefined when it is not there, or any file of it is not as it was written. */
export async function readContents(viewerFolder: string): Promise<ViewerContents | undefined> {
  const folder = releaseFolder(viewerFolder);
  try {
    const contents: ViewerContents = JSON.parse(await readFile(join(folder, CONTENTS_FILE), 'utf8'));
    await Promise.all(contents.files.map((file) => expectSizes(folder, file)));
    return contents;
  } catch {
    // Cut off by a crash, or never there: to be fetched, either way.
    return undefined;
  }
}

async function expectSizes(folder: string, { path, bytes }: ViewerFile): Promise<void> {
  for (const encoding of ['identity', 'br', 'gzip'] as const) {
    const expected = bytes[encoding];
    if (expected === undefined) continue;
    const { size } = await stat(join(folder, path + ENCODINGS[encoding]));
    if (size !== expected) throw new Error('A file of the viewer is cut off.');
  }
}
