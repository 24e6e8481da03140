/** Store instances: STOW-RS. PS3.18 §10.5 */
import { FAILURE_REASON } from '../dicom/failure-reasons.js';
import { isUID } from '../dicom/uids.js';
import { invalidRequest } from '../errors.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { DICOM_JSON, DICOM_XML } from './media-type-names.js';
import { sendNativeXML } from './native-xml.js';
import { storeAnswer } from './store-answer.js';
import { storeParts } from './store-body.js';
import { studyURL } from './urls.js';

export async function storeInstances(exchange: Exchange): Promise<void> {
  const { request, response, archive, base, variables, rules } = exchange;
  const expectedStudy = variables['study'];
  if (expectedStudy !== undefined && !isUID(expectedStudy)) throw invalidRequest('The study in the path is no UID.');
  const { mediaType } = chooseRepresentation(exchange, [
    { mediaType: DICOM_JSON, multipart: false },
    { mediaType: DICOM_XML, multipart: false },
  ]);
  const requestURL = expectedStudy === undefined ? `${base}/studies` : studyURL(base, expectedStudy);
  const parts = storeParts(request, {
    requestURL,
    openSpool: () => archive.openSpool(),
    spoolReaders: archive.spoolReaders,
  });
  // Who waits to be asked for the body has been found able to send it.
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
  const { outcomes, failure, diskFailure } = await archive.store({
    expectedStudy,
    refusedTransferSyntaxes: rules.refusedTransferSyntaxes,
    parts,
  });
  const isAnyStored = outcomes.some(({ outcome }) => outcome !== 'refused');
  if (diskFailure !== undefined) response.set('Warning', outOfResources(base));
  if (!isAnyStored && (diskFailure ?? failure) !== undefined) throw diskFailure ?? failure;
  if (outcomes.length === 0) throw invalidRequest('The body holds no instance.');
  const answer = storeAnswer(outcomes, base, failure !== undefined);
  if (isAnyStored && answer.studyURL !== undefined) {
    response.set({ Location: answer.studyURL, 'Content-Location': answer.studyURL });
  }
  const json = Buffer.from(answer.json);
  if (mediaType === DICOM_XML) return sendNativeXML(exchange, [{ json: [json] }], answer.status);
  response.status(answer.status).set('Content-Type', DICOM_JSON).end(json);
}

/** The Failure Reason of a disk that takes no more, as a Warning. PS3.18 §10.5.3.2 */
const outOfResources = (base: string): string =>
  `${FAILURE_REASON.outOfResources.toString(16).toUpperCase()} ${base}: The archive could not keep an instance.`;
