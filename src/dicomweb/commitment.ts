/** Storage commitment: whether what was sent is safe, so that the sender may delete his own. PS3.18 §13.4, §13.5, Annex J */
import type { CommitmentResult } from '../archive/commitments.js';
import type { InstanceReference } from '../archive/index/commitment-rows.js';
import { isUID } from '../dicom/uids.js';
import { invalidRequest } from '../errors.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { readJSON } from './json-body.js';
import { DICOM_JSON } from './media-type-names.js';

/** The most references that are taken have less. */
export const MAX_COMMITMENT_BYTES = 2 * 1024 * 1024;
const RETRY_AFTER_SECONDS = 10;

export async function requestCommitment(exchange: Exchange): Promise<void> {
  const transactionUID = transactionOf(exchange);
  chooseRepresentation(exchange, [{ mediaType: DICOM_JSON, multipart: false }]);
  const instances = referencedInstances(await readJSON(exchange.request, MAX_COMMITMENT_BYTES));
  answer(exchange, await exchange.archive.requestCommitment(transactionUID, instances));
}

export async function checkCommitment(exchange: Exchange): Promise<void> {
  const transactionUID = transactionOf(exchange);
  const result = await exchange.archive.commitment(transactionUID);
  chooseRepresentation(exchange, [{ mediaType: DICOM_JSON, multipart: false }]);
  answer(exchange, result);
}

function transactionOf({ variables }: Exchange): string {
  const uid = variables['transaction'] ?? '';
  if (!isUID(uid)) throw invalidRequest('The Transaction UID in the path is no UID.');
  return uid;
}

/** While it is worked on there is no payload. PS3.18 §13.4.3 */
function answer({ request, response }: Exchange, result: CommitmentResult | undefined): void {
  if (result === undefined) {
    response.status(202).set('Retry-After', String(RETRY_AFTER_SECONDS)).end();
    return;
  }
  const body = Buffer.from(responseModule(result));
  response.status(200).set({ 'Content-Type': DICOM_JSON, 'Content-Length': String(body.length) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** The Storage Commitment Response Module. Keys are written in tag order, which they keep for they begin with a zero. */
function responseModule({ instances, reasons }: CommitmentResult): string {
  const items = instances.map(([sopClassUID, sopInstanceUID], i) => {
    const reason = reasons[i] ?? 0;
    return {
      reason,
      item: {
        '00081150': { vr: 'UI', Value: [sopClassUID] },
        '00081155': { vr: 'UI', Value: [sopInstanceUID] },
        ...(reason === 0 ? {} : { '00081197': { vr: 'US', Value: [reason] } }),
      },
    };
  });
  const sequence = (isCommitted: boolean) => {
    const some = items.filter(({ reason }) => (reason === 0) === isCommitted).map(({ item }) => item);
    return some.length === 0 ? undefined : { vr: 'SQ', Value: some };
  };
  return JSON.stringify({ '00081198': sequence(false), '00081199': sequence(true) });
}

const WORDS = 'The request is one JSON object with a Referenced SOP Sequence (00081199)';

/** The items of the Storage Commitment Request Module. PS3.18 §J.1 @throws ArchiveError `invalid-request` */
function referencedInstances(body: unknown): readonly InstanceReference[] {
  const module = Array.isArray(body) && body.length === 1 ? body[0] : body;
  const items = valuesOf(module, '00081199');
  if (items.length === 0) throw invalidRequest(`${WORDS}, which has items.`);
  const instances = items.map((item) => [onlyUID(item, '00081150'), onlyUID(item, '00081155')] as const);
  if (new Set(instances.map(([, sopInstanceUID]) => sopInstanceUID)).size < instances.length) {
    throw invalidRequest('A SOP Instance UID is named more than once.');
  }
  return instances;
}

function onlyUID(item: unknown, tag: string): string {
  const [uid, ...others] = valuesOf(item, tag);
  if (typeof uid === 'string' && others.length === 0 && isUID(uid)) return uid;
  throw invalidRequest(`${WORDS}, whose items have a SOP Class UID (00081150) and a SOP Instance UID (00081155).`);
}

function valuesOf(dataSet: unknown, tag: string): readonly unknown[] {
  const element = memberOf(dataSet, tag);
  const values = memberOf(element, 'Value');
  return Array.isArray(values) ? values : [];
}

const memberOf = (object: unknown, name: string): unknown =>
  typeof object === 'object' && object !== null && Object.hasOwn(object, name)
    ? (object as Readonly<Record<string, unknown>>)[name]
    : undefined;
