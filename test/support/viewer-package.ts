/** A package like that of the viewer, small and made up: what it has to have, and what must not be served of it. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tarOf } from './tar.js';

export const SCRIPT = 'app.bundle.0123456789abcdef0123.js';
const PAGE = `<script defer="defer" src="/${SCRIPT}"></script><link href="/app.bundle.css" rel="stylesheet">`;

export const PACKAGE_FILES: Readonly<Record<string, string>> = {
  'package/LICENSE': 'MIT',
  'package/package.json': '{}',
  'package/dist/index.html': PAGE,
  [`package/dist/${SCRIPT}`]: `${'// A script.\n'.repeat(200)}__webpack_require__.p = "/";\n`,
  'package/dist/app.bundle.css': '@font-face { src: url(/0123.woff2) } a { background: url(//x) }',
  'package/dist/0123.woff2': 'a font',
  'package/dist/assets/images/CT-Bone.png': 'an image',
  'package/dist/assets/favicon.ico': 'an icon',
  'package/dist/app-config.js': 'of another server',
  'package/dist/sw.js': 'importScripts("https://elsewhere.example")',
  'package/dist/ort/ort.wasm': 'of no use',
  'package/dist/_headers': '',
};

export interface MadePackage {
  readonly tarball: Buffer;
  readonly integrity: string;
}

/** Pack files, by default those above. */
export function packageOf(files: Readonly<Record<string, string>> = PACKAGE_FILES): MadePackage {
  const tarball = gzipSync(tarOf(Object.entries(files).map(([path, text]) => ({ path, body: Buffer.from(text) }))));
  return { tarball, integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}` };
}

/** Write a package to a file, and give its integrity. */
export function writePackage(path: string, files?: Readonly<Record<string, string>>): string {
  const { tarball, integrity } = packageOf(files);
  writeFileSync(path, tarball);
  return integrity;
}
