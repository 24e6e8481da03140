import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { unpackViewer } from '../../../src/portal/viewer/unpack-viewer.js';
import { readContents } from '../../../src/portal/viewer/viewer-files.js';
import { releaseFolder, VIEWER_PACKAGE } from '../../../src/portal/viewer/viewer-package.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { PACKAGE_FILES, SCRIPT, writePackage } from '../../support/viewer-package.js';

interface Unpacked {
  readonly tarball: string;
  readonly integrity: string;
  readonly folder: string;
}

function made(files?: Readonly<Record<string, string>>): Unpacked {
  const place = temporaryFolder();
  const tarball = join(place, 'package.tgz');
  return { tarball, integrity: writePackage(tarball, files), folder: join(place, 'viewer') };
}

async function unpacked(): Promise<Unpacked> {
  const of = made();
  await unpackViewer(of.tarball, of.folder, of.integrity);
  return of;
}

const textOf = ({ folder }: Unpacked, path: string): string => readFileSync(join(releaseFolder(folder), path), 'utf8');

describe('unpackViewer', () => {
  it('keeps what is served, and nothing of other servers', async () => {
    const { folder } = await unpacked();
    const contents = await readContents(folder);
    expect(contents?.files.map(({ path }) => path).sort()).toEqual(
      ['0123.woff2', 'LICENSE.txt', 'app.bundle.css', SCRIPT, 'assets/images/CT-Bone.png'].sort(),
    );
    expect([contents?.script, contents?.style]).toEqual([SCRIPT, 'app.bundle.css']);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('lets scripts and style sheets find what lies beside them, wherever they are served', async () => {
    const of = await unpacked();
    expect(textOf(of, SCRIPT)).toContain(
      '__webpack_require__.p = new URL(".", globalThis.document?.currentScript?.src',
    );
    expect(textOf(of, 'app.bundle.css')).toBe('@font-face { src: url(0123.woff2) } a { background: url(//x) }');
  });

  it('packs what is worth it, so that it comes out the same', async () => {
    const of = await unpacked();
    const place = join(releaseFolder(of.folder), SCRIPT);
    const plain = readFileSync(place);
    expect(brotliDecompressSync(readFileSync(`${place}.br`))).toEqual(plain);
    expect(gunzipSync(readFileSync(`${place}.gz`))).toEqual(plain);
    const [script, image] = [SCRIPT, 'assets/images/CT-Bone.png'].map((path) => path.split('/').at(-1));
    const names = readdirSync(releaseFolder(of.folder), { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.includes(script ?? '')).length).toBe(3);
    expect(names.filter((name) => name.includes(image ?? '')).length).toBe(1);
  });

  it('refuses any other package than the one that is named, before it looks into it', async () => {
    const { tarball, integrity, folder } = made();
    appendFileSync(tarball, 'x');
    await expect(unpackViewer(tarball, folder, integrity)).rejects.toMatchObject({ code: 'corrupt' });
    await expect(unpackViewer(tarball, folder)).rejects.toMatchObject({ code: 'corrupt' });
    expect(await readContents(folder)).toBeUndefined();
  });

  it.each([
    ['a package without its page', { 'package/dist/index.html': '' }],
    ['a package with a file that leads elsewhere', { 'package/dist/../../x': 'x' }],
  ])('leaves nothing of %s', async (_name, files) => {
    const { tarball, integrity, folder } = made({ ...PACKAGE_FILES, ...files });
    await expect(unpackViewer(tarball, folder, integrity)).rejects.toMatchObject({ code: 'corrupt' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves nothing of a package that is no archive', async () => {
    const { tarball, folder } = made();
    writeFileSync(tarball, 'no gzip');
    const integrity = `sha512-${createHash('sha512').update('no gzip').digest('base64')}`;
    await expect(unpackViewer(tarball, folder, integrity)).rejects.toThrow('incorrect header check');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('makes good what a crash has left, and takes no harm from another who is as fast', async () => {
    const of = await unpacked();
    truncateSync(join(releaseFolder(of.folder), SCRIPT), 10);
    expect(await readContents(of.folder)).toBeUndefined();
    const again = () => unpackViewer(of.tarball, of.folder, of.integrity);
    await Promise.all([again(), again(), again()]);
    expect(await readContents(of.folder)).toBeDefined();
    expect(readdirSync(of.folder)).toHaveLength(1);
  });

  it('names a version and the digest of all its bytes', () => {
    expect(VIEWER_PACKAGE.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(VIEWER_PACKAGE.integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
  });
});
