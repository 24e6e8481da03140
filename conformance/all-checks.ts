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
import { STORE_METADATA_CHECKS } from './checks/store-metadata.js';
import { TRANSFER_SYNTAX_CHECKS } from './checks/transfer-syntaxes.js';
import { URI_CHECKS } from './checks/uris.js';
import { WADO_URI_CHECKS } from './checks/wado-uri.js';

export const ALL_CHECKS: readonly Check[] = [
  ...URI_CHECKS,
  ...ACCEPT_CHECKS,
  ...TRANSFER_SYNTAX_CHECKS,
  ...MULTIPART_CHECKS,
  ...STATUS_CHECKS,
  ...CHARACTER_SET_CHECKS,
  ...CAPABILITIES_CHECKS,
  ...HTTP_CHECKS,
  ...INSTANCE_CHECKS,
  ...METADATA_CHECKS,
  ...FRAME_CHECKS,
  ...BULKDATA_CHECKS,
  ...STORE_CHECKS,
  ...STORE_BODY_CHECKS,
  ...STORE_METADATA_CHECKS,
  ...SEARCH_RESOURCE_CHECKS,
  ...SEARCH_ATTRIBUTE_CHECKS,
  ...SEARCH_MATCHING_CHECKS,
  ...JSON_MODEL_CHECKS,
  ...JSON_VALUE_CHECKS,
  ...JSON_STORING_CHECKS,
  ...NATIVE_XML_CHECKS,
  ...STORAGE_COMMITMENT_CHECKS,
  ...WADO_URI_CHECKS,
];
