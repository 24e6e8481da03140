/** As what a stored document is given to browsers. */
import { OCTETS } from './media-type-names.js';

/**
 * What a page of ours would run or be styled by, for it is of our origin. Browsers take it by its media type alone, since answers
 * say `nosniff`. https://mimesniff.spec.whatwg.org/#javascript-mime-type
 */
const TAKEN_INTO_PAGES =
  /^(?:(?:application|text)\/(?:x-)?(?:java|ecma)script[\d.]*|text\/(?:jscript|livescript|css)|application\/wasm)$/i;

/** The media type of a document, as it says itself; octets when it says none, or one that would become part of a page. */
export const servedMediaType = (mediaType: string | undefined): string =>
  mediaType === undefined || TAKEN_INTO_PAGES.test(mediaType) ? OCTETS : mediaType;
