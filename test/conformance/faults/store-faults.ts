/** Faults in storing. */
import { answering, type Fault, fault, fieldOf, heading, reply, status, targets, text } from './fault.js';

const posting = targets(/^\/studies/, 'POST');
const metadata = targets(/\/metadata$/, 'GET');
const contentType = (pattern: RegExp) => (request: Parameters<typeof posting>[0]) =>
  request.method === 'POST' && pattern.test(fieldOf(request, 'Content-Type') ?? '');

/** Change the bodies of requests, one byte a character. */
const body = (pattern: RegExp, by: string): Partial<Fault> => ({
  request: (request) => ({
    ...request,
    body: Buffer.from(request.body.toString('latin1').replace(pattern, by), 'latin1'),
  }),
});

export const STORE_FAULTS: readonly Fault[] = [
  fault('SW-01', 'any study may be sent to a study', {
    request: (request) => (request.method === 'POST' ? { ...request, target: '/studies' } : request),
  }),
  fault('SW-02', 'JSON is not taken', answering(contentType(/dicom\+json/), reply(415))),
  fault('SW-03', 'one by itself is refused as broken', answering(contentType(/^application\/dicom$/), reply(400))),
  fault('SW-04', 'a boundary in quotes is unknown', answering(contentType(/boundary="/), reply(400))),
  fault('SW-04', 'parameters have an order', answering(contentType(/^multipart\/related; boundary/), reply(400))),
  fault(
    'SW-05',
    'a line before the first delimiter is fatal',
    answering((request) => posting(request) && request.body[0] === 0x0d, reply(400)),
  ),
  fault('SW-06', 'anything is taken for DICOM', status(415, 200)),
  fault('SW-07', 'an unclosed part is stored', {
    request: (request) => {
      const isOpen = request.method === 'POST' && !request.body.subarray(-10).includes('--b--');
      return isOpen && request.body.includes('--b\r\n')
        ? { ...request, body: Buffer.concat([request.body, Buffer.from('\r\n--b--\r\n')]) }
        : request;
    },
  }),
  fault(
    'SW-08',
    'chunks are refused',
    answering((request) => fieldOf(request, 'Transfer-Encoding') === 'chunked', reply(411)),
  ),
  fault('SW-10', 'success is 202', status(200, 202, posting)),
  fault('SW-11', 'half a success is one', status(202, 200, posting)),
  fault('SW-12', 'failure is success', status(409, 200, posting)),
  fault('SW-13', 'garbage is an error of the server', status(400, 500, posting)),
  fault('SW-14', 'another media type is malformed', status(415, 400, posting)),
  fault(
    'SW-15',
    'RetrieveURL is UT',
    text((body) => body.replaceAll('"vr":"UR"', '"vr":"UT"'), posting),
  ),
  fault(
    'SW-15',
    'items have SOPInstanceUID',
    text((body) => body.replaceAll('"00081155"', '"00080018"'), posting),
  ),
  fault(
    'SW-15',
    'Failure Reason is a text',
    text((body) => body.replace(/("00081197":\{"vr":"US","Value":\[)(\d+)/g, '$1"$2"'), posting),
  ),
  fault(
    'SW-16',
    "a Warning Reason is of one's own",
    text((body) => body.replaceAll('45056', '45057'), posting),
  ),
  fault(
    'SW-17',
    'every failure is a processing failure',
    text((body) => body.replace(/("00081197":\{"vr":"US","Value":\[)\d+/g, '$1272'), posting),
  ),
  fault(
    'SW-18',
    'a failure has two reasons',
    text((body) => body.replace(/("00081197":\{"vr":"US","Value":\[\d+)/g, '$1,272'), posting),
  ),
  fault(
    'SW-19',
    'the answer is an array',
    text((body) => `[${body}]`, posting),
  ),
  fault(
    'SW-20',
    'Location is missing',
    heading('Location', () => undefined),
  ),
  fault('SW-21', 'a change is told as success', status(202, 200, posting)),
  fault(
    'SW-21',
    'a change has no Warning Reason',
    text((body) => body.replace(/"00081196":\{"vr":"US","Value":\[45056\]\},?/g, ''), posting),
  ),
  fault(
    'SW-21',
    'nothing in the data set tells of a change',
    text((body) => body.replaceAll('"04000561"', '"00091001"'), metadata),
  ),
  fault(
    'SW-21',
    'the value before is the one after',
    text((body) => body.replaceAll('DICOMweb conformance suite', 'COERCED'), metadata),
  ),
  fault(
    'SW-21',
    'the reason is of one’s own',
    text((body) => body.replaceAll('COERCE"', 'SET RIGHT"'), metadata),
  ),
  fault(
    'SW-21',
    'nobody has changed anything',
    text((body) => body.replaceAll('"04000563":{"vr":"LO","Value":["NCCID"]}', '"04000563":{"vr":"LO"}'), metadata),
  ),
  fault(
    'SW-21',
    'Source of Previous Values is missing',
    text((body) => body.replaceAll(/"04000564":\{"vr":"LO"\},?/g, ''), metadata),
  ),
  fault(
    'SW-21',
    'the time of the change is missing',
    text((body) => body.replaceAll(/"04000562":\{"vr":"DT","Value":\["\d{14}\.\d{3}[^}]*\},?/g, ''), metadata),
  ),
  fault(
    'SW-21',
    'what others have changed before is lost',
    text((body) => body.replaceAll('EARLIER SYSTEM', 'NCCID'), metadata),
  ),
  fault(
    'SW-22',
    'the transfer syntax of the part counts',
    answering(
      (request) => request.method === 'POST' && request.body.includes('transfer-syntax=1.2.840.10008.1.2.4.70'),
      reply(409, '{}'),
    ),
  ),
  fault(
    'SW-23',
    'Implicit VR is refused as unknown',
    answering(
      (request) => request.method === 'POST' && request.body.includes('1.2.840.10008.1.2\0'),
      reply(409, '{"00081198":{"vr":"SQ","Value":[{"00081197":{"vr":"US","Value":[272]}}]}}'),
    ),
  ),
  fault('SW-24', 'bulkdata is of another part', {
    request: (request) =>
      request.method === 'POST'
        ? {
            ...request,
            body: Buffer.from(
              request.body
                .toString('latin1')
                .replaceAll(
                  'Content-Location: http://example.invalid/bulk/1',
                  'Content-Location: http://example.invalid/bulk/9',
                ),
              'latin1',
            ),
          }
        : request,
  }),
  fault('SW-25', 'families of XML are lost', body(/<FamilyName>/g, '<GivenName>')),
  fault('SW-26', 'a code stream has its last byte changed', body(/\xff\xd9\r\n--b--/, '\xff\xd8\r\n--b--')),
  fault('SW-27', 'a document is cut short', body(/%%EOF\n?\r\n--b--/, '\r\n--b--')),
  fault('SW-28', 'what has no bulkdata is stored', status(409, 200, posting)),
  fault('SW-29', 'another under the same UID is stored', status(409, 200, posting)),
  fault('SW-30', 'an instance may be of two studies', status(409, 200, posting)),
  fault('SW-31', 'what is acknowledged is not found', answering(targets(/\?SOPInstanceUID/), reply(204))),
  fault('SW-32', 'an instance without its UID is stored', status(409, 200, posting)),
  fault('SW-33', 'a boundary of 300 characters is an error of the server', status(400, 500, posting)),
  fault('SW-34', 'the body is asked for whoever it is from', status(401, 200)),
  fault('SW-35', 'a coded body is malformed', status(415, 500, posting)),
  fault('SW-38', 'success is 201', status(200, 201, posting)),
  fault('J-24', 'private elements of JSON are lost', {
    request: (request) =>
      request.method === 'POST'
        ? {
            ...request,
            body: Buffer.from(request.body.toString('latin1').replace(/"00231002":\{[^}]*\},/, ''), 'latin1'),
          }
        : request,
  }),
  fault('J-26', 'the same tag twice is taken', status(400, 200, posting)),
  fault('X-03', 'a document type is taken', status(400, 200, posting)),
  fault(
    'ST-04',
    'what is deleted is still there',
    answering(({ method }) => method === 'DELETE', reply(204)),
  ),
  fault(
    'SC-01',
    'what is not there is committed',
    text((body) => body.replace('"00081198"', '"00081200"'), targets(/commitment/)),
  ),
  fault('SC-02', 'a transaction that never was has a result', status(404, 200, targets(/commitment/))),
];
