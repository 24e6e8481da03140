/** In what media types resources are taken and given, and by what other names these are known. */

import { INLINE_BINARY_BYTES, INLINE_VALUES_BYTES } from '../../../../src/dicom/dicom-json.js';
import { findTransferSyntax } from '../../../../src/dicom/transfer-syntaxes.js';
import { ALIASES } from '../../../../src/dicomweb/accept.js';
import { ROUTES, type Route } from '../../../../src/dicomweb/routes.js';
import { ANSWERS_WORTH_PACKING } from '../../../../src/dicomweb/search.js';
import { UNTOLD_SYNTAXES } from '../../../../src/dicomweb/sent-pixel-data.js';
import { code, codes, figure, markdownTable } from '../markdown-table.js';

const MULTIPART = /^multipart\/related; type="(.*)"$/;

export const mediaTypeValues = () => ({
  'media-types': markdownTable(['transactions', 'takes', 'gives, the default first'], transactionsByMediaTypes()),
  'media-type-aliases': markdownTable(
    ['also', 'is taken for'],
    [...ALIASES].map(([alias, name]) => [code(alias), code(name)]),
  ),
  'untold-syntaxes': markdownTable(
    ['part', 'transfer syntax', 'name'],
    [...UNTOLD_SYNTAXES].map(([mediaType, uid]) => [code(mediaType), code(uid), findTransferSyntax(uid)?.name ?? '']),
  ),
  'answers-worth-packing': figure(ANSWERS_WORTH_PACKING),
  'inline-binary-bytes': figure(INLINE_BINARY_BYTES),
  'inline-values-bytes': figure(INLINE_VALUES_BYTES),
});

function transactionsByMediaTypes(): readonly (readonly string[])[] {
  const groups = new Map<string, Route[]>();
  for (const route of ROUTES) {
    const types = JSON.stringify([route.requestMediaTypes, route.responseMediaTypes]);
    groups.set(types, [...(groups.get(types) ?? []), route]);
  }
  return [...groups.values()].map((routes) => {
    const [{ requestMediaTypes = [], responseMediaTypes = [] } = {}] = routes;
    return [
      routes.map(({ transaction }) => transaction).join(', '),
      mediaTypesTold(requestMediaTypes),
      mediaTypesTold(responseMediaTypes),
    ];
  });
}

/** Neighbours that are multipart are told together. */
function mediaTypesTold(mediaTypes: readonly string[]): string {
  const runs: { readonly isMultipart: boolean; readonly types: string[] }[] = [];
  for (const mediaType of mediaTypes) {
    const inner = MULTIPART.exec(mediaType)?.[1];
    const isMultipart = inner !== undefined;
    const last = runs.at(-1);
    if (last?.isMultipart === isMultipart) last.types.push(inner ?? mediaType);
    else runs.push({ isMultipart, types: [inner ?? mediaType] });
  }
  const told = runs.map(({ isMultipart, types }) => `${isMultipart ? '`multipart/related` of ' : ''}${codes(types)}`);
  return told.length === 0 ? '–' : told.join('; ');
}
