/** What the product is called, in what it writes, and who may do what in it. */
import { readFileSync } from 'node:fs';
import { LEEWAY_SECONDS, MAXIMUM_LIFETIME_SECONDS } from '../../../../src/access/claims.js';
import { ALGORITHM, MAXIMUM_BYTES, TOKEN_TYPE } from '../../../../src/access/compact-token.js';
import { type CallerKind, PERMISSIONS } from '../../../../src/access/permissions.js';
import { DICOMWEB_PATH } from '../../../../src/app.js';
import { REMOVED_FROM_FILE_META } from '../../../../src/archive/coercion.js';
import { IMAGING_KINDS, KIND_OF_MODALITY } from '../../../../src/archive/scope.js';
import { DEFINED_TERMS } from '../../../../src/dicom/character-sets.js';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../../../../src/dicom/data-set-writer.js';
import { findDictionaryEntry } from '../../../../src/dicom/dictionary.js';
import { code, codes, figure, markdownTable } from '../markdown-table.js';

const SEES: Readonly<Record<CallerKind, string>> = {
  site: 'the studies it has sent',
  licence: `the series that the licence covers by kind of imaging (${kindsTold()}), split and site`,
  curator: 'everything',
};

function kindsTold(): string {
  const told = IMAGING_KINDS.map((kind) => {
    const modalities = Object.keys(KIND_OF_MODALITY).filter((modality) => KIND_OF_MODALITY[modality] === kind);
    return modalities.length === 0 ? code(kind) : `${code(kind)}: ${modalities.join(', ')}`;
  });
  return told.join('; ');
}

export function implementationValues() {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
  return {
    version,
    'base-path': code(DICOMWEB_PATH),
    'implementation-class-uid': code(IMPLEMENTATION_CLASS_UID),
    'implementation-version-name': code(IMPLEMENTATION_VERSION_NAME),
    'character-sets': codes(DEFINED_TERMS),
    'removed-elements': [...REMOVED_FROM_FILE_META].map((tag) => findDictionaryEntry(tag)?.keyword ?? '').join(', '),
    'token-type': code(TOKEN_TYPE),
    'token-algorithm': ALGORITHM,
    'token-days': figure(MAXIMUM_LIFETIME_SECONDS / 86_400),
    'token-bytes': figure(MAXIMUM_BYTES),
    'clock-seconds': figure(LEEWAY_SECONDS),
    tokens: markdownTable(
      ['token', 'permissions', 'sees'],
      Object.entries(PERMISSIONS).map(([kind, names]) => [
        kind,
        names.map(code).join(' '),
        SEES[kind as keyof typeof PERMISSIONS],
      ]),
    ),
  };
}
