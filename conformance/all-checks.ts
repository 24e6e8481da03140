/** Every check, in the order of the sections of the standard. */
import type { Check } from './check.js';
import { ACCEPT_CHECKS } from './checks/accept.js';
import { CAPABILITIES_CHECKS } from './checks/capabilities.js';
import { CHARACTER_SET_CHECKS } from './checks/character-sets.js';
import { HTTP_CHECKS } from './checks/http.js';
import { JSON_MODEL_CHECKS } from './checks/json-model.js';
import { JSON_STORING_CHECKS } from './checks/json-storing.js';
import { JSON_VALUE_CHECKS } from './checks/json-values.js';
import { MULTIPART_CHECKS } from './checks/multipart.js';
import { NATIVE_XML_CHECKS } from './checks/native-xml.js';
import { RENDERED_DOCUMENT_CHECKS } from './checks/rendered-documents.js';
import { RENDERED_IMAGE_CHECKS } from './checks/rendered-images.js';
import { RENDERED_PARAMETER_CHECKS } from './checks/rendered-parameters.js';
import { BULKDATA_CHECKS } from './checks/retrieve-bulkdata.js';
import { FRAME_CHECKS } from './checks/retrieve-frames.js';
import { INSTANCE_CHECKS } from './checks/retrieve-instances.js';
import { METADATA_CHECKS } from './checks/retrieve-metadata.js';
import { SEARCH_ATTRIBUTE_CHECKS } from './checks/search-attributes.js';
import { SEARCH_MATCHING_CHECKS } from './checks/search-matching.js';
import { SEARCH_RESOURCE_CHECKS } from './checks/search-resources.js';
import { STATUS_CHECKS } from './checks/status.js';
import { STORAGE_COMMITMENT_CHECKS } from './checks/storage-commitment.js';
import { STORE_CHECKS } from './checks/store.js';
import { STORE_BODY_CHECKS } from './checks/store-bodies.js';
import { STORE_COERCION_CHECKS } from './checks/store-coercion.js';
import { STORE_METADATA_CHECKS } from './checks/store-metadata.js';
import { THUMBNAIL_CHECKS } from './checks/thumbnails.js';
import { TRANSFER_SYNTAX_CHECKS } from './checks/transfer-syntaxes.js';
import { URI_CHECKS } from './checks/uris.js';
import { WADO_URI_CHECKS } from './checks/wado-uri.js';
import { WADO_URI_RENDERED_CHECKS } from './checks/wado-uri-rendered.js';

/** By the file in `checks` that they are in. */
export const CHECKS_BY_FILE: Readonly<Record<string, readonly Check[]>> = {
  uris: URI_CHECKS,
  accept: ACCEPT_CHECKS,
  'transfer-syntaxes': TRANSFER_SYNTAX_CHECKS,
  multipart: MULTIPART_CHECKS,
  status: STATUS_CHECKS,
  'character-sets': CHARACTER_SET_CHECKS,
  capabilities: CAPABILITIES_CHECKS,
  http: HTTP_CHECKS,
  'retrieve-instances': INSTANCE_CHECKS,
  'retrieve-metadata': METADATA_CHECKS,
  'retrieve-frames': FRAME_CHECKS,
  'retrieve-bulkdata': BULKDATA_CHECKS,
  'rendered-images': RENDERED_IMAGE_CHECKS,
  'rendered-parameters': RENDERED_PARAMETER_CHECKS,
  'rendered-documents': RENDERED_DOCUMENT_CHECKS,
  thumbnails: THUMBNAIL_CHECKS,
  store: STORE_CHECKS,
  'store-coercion': STORE_COERCION_CHECKS,
  'store-bodies': STORE_BODY_CHECKS,
  'store-metadata': STORE_METADATA_CHECKS,
  'search-resources': SEARCH_RESOURCE_CHECKS,
  'search-attributes': SEARCH_ATTRIBUTE_CHECKS,
  'search-matching': SEARCH_MATCHING_CHECKS,
  'json-model': JSON_MODEL_CHECKS,
  'json-values': JSON_VALUE_CHECKS,
  'json-storing': JSON_STORING_CHECKS,
  'native-xml': NATIVE_XML_CHECKS,
  'storage-commitment': STORAGE_COMMITMENT_CHECKS,
  'wado-uri': WADO_URI_CHECKS,
  'wado-uri-rendered': WADO_URI_RENDERED_CHECKS,
};

export const ALL_CHECKS: readonly Check[] = Object.values(CHECKS_BY_FILE).flat();
