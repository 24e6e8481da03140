/** Faults in what all services have in common: URIs, negotiation, multipart, status codes, character sets, HTTP. */
import {
  accepts,
  adding,
  answering,
  asking,
  bytes,
  type Fault,
  fault,
  fieldOf,
  heading,
  payloads,
  reply,
  retarget,
  status,
  targets,
  text,
} from './fault.js';

const dropped = /&?PatientID=NOBODY-HAS-THIS/;
const PROBLEM = reply(500, '{"status":500}');

export const URI_FAULTS: readonly Fault[] = [
  fault('QP-11', 'a question mark with nothing after it is an error', answering(targets(/\?$/), reply(400))),
  fault('QP-15', 'two slashes are an error of the server', answering(targets(/^\/\/studies/), PROBLEM)),
  fault('QP-01', 'an unknown parameter finds nothing', answering(targets(/foo=bar/), reply(204))),
  fault('QP-02', 'an invalid limit is ignored', retarget(/\?limit=abc/, '?')),
  fault('QP-03', 'names of parameters have no case', retarget(/patientid=/, 'PatientID=')),
  fault('QP-03', 'keys are ignored', retarget(dropped, '')),
  fault('QP-04', 'tags in lower case are unknown', answering(targets(/0020000d=/), reply(204))),
  fault('QP-05', 'keys within sequences are ignored', retarget(/00400275\.00401001=[^&]*/, '')),
  fault('QP-06', 'an encoded ampersand divides parameters', retarget(/%26/g, '&')),
  fault('QP-07', 'UTF-8 is read as Latin-1', retarget(/%E7%8E%8B/g, '%C3%A7%C2%8E%C2%8B')),
  fault('QP-08', 'a plus sign is a space', retarget(/%2B/g, '%20')),
  fault('QP-09', 'brackets build objects', answering(targets(/\[x\]/), PROBLEM)),
  fault('QP-10', 'a name without value breaks', answering(targets(/&includefield$/), PROBLEM)),
  fault('QP-12', 'the last of repeated keys counts', retarget(/PatientID=A&/, '')),
  fault('QP-13', 'NUL is cut off', retarget(/%00/, '')),
  fault('QP-14', 'a UID is any text', answering(targets(/\/abc\//), PROBLEM)),
  fault('QP-16', 'a long target is 431', status(414, 431)),
  fault('QP-16', 'a hundred UIDs are too many', answering(targets(/StudyInstanceUID=.{5000}/), reply(414))),
];

export const ACCEPT_FAULTS: readonly Fault[] = [
  fault('MT-07', 'a 406 does not say what there is', {
    answer: (answer) => (answer.status === 406 ? reply(406, '{}') : answer),
  }),
  fault('MT-19', 'what is lossy can not be had', status(200, 406)),
  fault(
    'MT-33',
    'searches are not answered in XML',
    answering((request) => /\?/.test(request.target) && accepts(/xml/)(request), reply(406)),
  ),
  fault(
    'RI-04',
    'frames of a big endian file stay so',
    payloads((payload) => Buffer.from(payload, 'latin1').swap16().toString('latin1'), targets(/frames/)),
  ),
  fault(
    'MT-01',
    'no Accept is an error of the server',
    answering((request) => fieldOf(request, 'Accept') === undefined, PROBLEM),
  ),
  fault(
    'MT-02',
    '*/* gives HTML',
    heading(
      'Content-Type',
      () => 'text/html',
      (_, request) => accepts(/^\*\/\*$/)(request),
    ),
  ),
  fault(
    'MT-03',
    'quality values are ignored',
    asking('Accept', (value) => value?.split(',')[0]?.replace(/;q=.*/, '')),
  ),
  fault(
    'MT-04',
    'q=0 is the least of wishes',
    asking('Accept', (value) => value?.replace(';q=0,', ',')),
  ),
  fault('MT-05', 'ranges of subtypes are unknown', answering(accepts(/image\/\*/), reply(406))),
  fault(
    'MT-06',
    'nothing acceptable gives what there is',
    asking('Accept', (value) => value?.replace('text/csv', '*/*')),
  ),
  fault('MT-08', 'an invalid media range is fatal', answering(accepts(/^foo/), reply(400))),
  fault(
    'MT-09',
    'DICOM and HTML together give HTML',
    heading(
      'Content-Type',
      () => 'text/html',
      (_, request) => accepts(/text\/html/)(request),
    ),
  ),
  fault('MT-10', 'the accept parameter is ignored', retarget(/[?&]accept=[^&]*/, '')),
  fault(
    'MT-12',
    'the accept parameter goes before the header',
    asking('Accept', () => '*/*'),
  ),
  fault('MT-11', 'wildcards in the accept parameter are ignored', retarget(/\?accept=image\/\*/, '')),
  fault(
    'MT-13',
    'a mix in the accept parameter is read',
    retarget(/accept=application\/dicom,image\/jpeg/, 'accept=application/dicom'),
  ),
  fault('MT-14', 'a plus sign is a space', retarget(/dicom\+xml/, 'dicom%20xml')),
  fault('MT-15', 'media types have case', answering(accepts(/Application/), reply(406))),
  fault('MT-16', 'types need quotes', answering(accepts(/type=application/), reply(406))),
  fault(
    'MT-17',
    'all parts are called Explicit VR Little Endian',
    bytes((body) => body.replace(/(transfer-syntax=)[\d.]+/g, '$11.2.840.10008.1.2.1')),
  ),
  fault(
    'MT-20',
    'Implicit VR can be had',
    asking('Accept', (value) => value?.replace(/transfer-syntax=1\.2\.840\.10008\.1\.2$/, 'transfer-syntax=*')),
  ),
  fault(
    'MT-21',
    'another transfer syntax is given than asked for',
    asking('Accept', (value) => value?.replace(/; transfer-syntax=\S*4\.201/, '')),
  ),
  fault(
    'MT-22',
    'the first of several transfer syntaxes is all that counts',
    asking('Accept', (value) => value?.split(', ')[0]),
  ),
  fault(
    'MT-23',
    'a parameter twice is fatal',
    answering(accepts(/transfer-syntax=.*transfer-syntax="\*"/), reply(406)),
  ),
  fault(
    'MT-25',
    'JPEG 2000 is called JPX',
    bytes((body) => body.replaceAll('image/jp2', 'image/jpx')),
  ),
  fault('MT-26', 'Baseline is sent as if it were Lossless', {
    ...bytes((body) => body.replace('1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.57')),
  }),
  fault('MT-27', 'aliases are unknown', answering(accepts(/x-jls/), reply(406))),
  fault(
    'MT-28',
    'a 204 has a Content-Type',
    adding('Content-Type', 'application/dicom+json', ({ status }) => status === 204),
  ),
  fault(
    'MT-29',
    'Vary is missing',
    heading('Vary', () => undefined),
  ),
  fault('MT-30', 'application/json is unknown', answering(accepts(/application\/json/), reply(406))),
  fault('MT-31', 'a merged Accept is 406', answering(accepts(/json, multipart/), reply(406))),
  fault(
    'MT-32',
    'nothing is compressed',
    asking('Accept-Encoding', () => undefined),
  ),
];

export const MULTIPART_FAULTS: readonly Fault[] = [
  fault(
    'MP-14',
    'what has no bulkdata is a multipart without parts',
    answering(accepts(/octet-stream/), {
      status: 200,
      headers: [['Content-Type', 'multipart/related; type="application/octet-stream"; boundary=b']],
      body: Buffer.from('--b--\r\n'),
    }),
  ),
  fault(
    'MP-16',
    'the root is not found, and that is success',
    answering(({ method }) => method === 'POST', reply(200, '{}')),
  ),
  fault(
    'MP-01',
    'Content-Type has no type',
    heading('Content-Type', (value) => value.replace(/type="[^"]*"; /, '')),
  ),
  fault(
    'MP-02',
    'type is another than that of the parts',
    heading('Content-Type', (value) => value.replace('"application/dicom"', '"application/dicom+json"')),
  ),
  fault(
    'MP-03',
    'lines end with LF alone',
    bytes((body, boundary) => body.replaceAll(`--${boundary}\r\n`, `--${boundary}\n`)),
  ),
  fault(
    'MP-03',
    'the last delimiter is missing',
    bytes((body, boundary) => body.replace(`--${boundary}--`, '')),
  ),
  fault('MP-04', 'the boundary has a space', {
    answer: (answer) => ({
      ...answer,
      headers: answer.headers.map(([name, value]): [string, string] => [
        name,
        value.replace(/boundary="?([^";]+)"?/, 'boundary="x x"'),
      ]),
      body: Buffer.from(
        answer.body
          .toString('latin1')
          .replaceAll(/--([\w-]{20,})(--)?(?=\r\n)/g, (_all, _boundary, end = '') => `--x x${end}`),
        'latin1',
      ),
    }),
  }),
  fault(
    'MP-05',
    'the boundary is in the data',
    bytes((body, boundary) => body.replace('DICM', `DICM--${boundary}`)),
  ),
  fault(
    'MP-06',
    'parts have no Content-Location',
    bytes((body) => body.replace(/Content-Location: [^\r]*\r\n/g, '')),
  ),
  fault(
    'MP-07',
    'Content-Length of a part is wrong',
    bytes((body) => body.replace(/\r\nContent-(?:Length: \d+|Location)/, '\r\nContent-Length: 7\r\nX-Content')),
  ),
  fault(
    'MP-08',
    'heads of parts are long',
    bytes((body) => body.replaceAll('\r\nContent-Location', `\r\nX-More: ${'x'.repeat(700)}\r\nContent-Location`)),
  ),
  fault(
    'MP-09',
    'content-type is in lower case',
    bytes((body) => body.replaceAll('Content-Type:', 'content-type:')),
  ),
  fault(
    'MP-10',
    'transfer-syntax has quotes',
    bytes((body) => body.replace(/transfer-syntax=([\d.]+)/g, 'transfer-syntax="$1"')),
  ),
  fault(
    'MP-11',
    'Multipart/Related has capitals',
    heading('Content-Type', (value) => value.replace('multipart/related', 'Multipart/Related')),
  ),
  fault(
    'MP-12',
    'there is a preamble',
    bytes((body) => `This is a message in MIME format.\r\n${body}`),
  ),
  fault(
    'MP-13',
    'frames have types of their own',
    bytes((body) => body.replace('application/octet-stream', 'image/jls')),
  ),
  fault('MP-17', 'a range is of the first part', {
    answer: (answer, request) =>
      fieldOf(request, 'Range') === undefined
        ? answer
        : { ...answer, status: 206, body: answer.body.subarray(400, 500) },
  }),
];

export const STATUS_FAULTS: readonly Fault[] = [
  fault(
    'ST-07',
    'errors are JSON to whoever asks',
    asking('Accept', (value) => value?.replace('text/html', 'application/json')),
  ),
  fault('ST-01', 'an odd query is an error of the server', answering(targets(/includefield=,,,/), PROBLEM)),
  fault(
    'ST-02',
    'a 401 has no challenge',
    heading('WWW-Authenticate', () => undefined),
  ),
  fault('ST-03', 'what one may not see is told from what is not there', {
    answer: (answer, request) =>
      answer.status === 404 && request.target.includes('.1.')
        ? { ...answer, body: Buffer.from('{"detail":"Not for you."}') }
        : answer,
  }),
  fault(
    'ST-05',
    'a 405 has no Allow',
    heading('Allow', () => undefined),
  ),
  fault('ST-06', 'errors have no body', {
    answer: (answer) => (answer.status >= 400 ? { ...answer, body: Buffer.alloc(0) } : answer),
  }),
  fault(
    'ST-06',
    'errors have a stack trace',
    text((body) => body.replace('"detail":"', '"detail":"Error\\n    at handler (/srv/app/node_modules/x.js:1:2) ')),
  ),
  fault('ST-08', 'everything is partial', status(200, 206)),
  fault('ST-09', 'what is too large is malformed', status(413, 400)),
  fault('ST-11', 'a 415 does not say what is supported', {
    answer: (answer) => (answer.status === 415 ? reply(415, '{}') : answer),
  }),
  fault(
    'ST-14',
    'Content-Location is missing',
    heading('Content-Location', () => undefined),
  ),
  fault(
    'ST-15',
    'HEAD is not supported',
    answering(({ method }) => method === 'HEAD', reply(405)),
  ),
  fault(
    'ST-16',
    'a Warning has no code',
    heading('Warning', (value) => value.replace('299 ', '')),
  ),
  fault(
    'ST-17',
    'a Warning has other words',
    heading('Warning', (value) => value.replace('additional', 'more')),
  ),
];

export const CHARACTER_SET_FAULTS: readonly Fault[] = [
  fault(
    'CS-03',
    'Accept-Charset is ignored',
    asking('Accept-Charset', () => undefined),
  ),
  fault(
    'CS-05',
    'what has no glyphs is a question mark',
    asking('Accept-Charset', () => undefined),
  ),
  fault('CS-01', 'a charset parameter is fatal', answering(targets(/charset=utf-8/), reply(400))),
  fault('CS-02', 'an unknown charset is fatal', answering(targets(/klingon/), reply(400))),
  fault(
    'CS-04',
    'Accept-Charset goes before the parameter',
    answering(
      (request) => fieldOf(request, 'Accept-Charset') === 'iso-8859-5' && request.target.includes('charset='),
      reply(406),
    ),
  ),
  fault(
    'CS-06',
    'names are encoded twice',
    text((body) => Buffer.from(body, 'utf8').toString('latin1')),
  ),
  fault('CS-07', 'defined terms are fatal', answering(targets(/ISO_IR/), reply(400))),
  fault(
    'CS-08',
    '5CH is a yen sign',
    text((body) => body.replace('["A","B"]', '["A¥B"]')),
  ),
];

export const HTTP_FAULTS: readonly Fault[] = [
  fault(
    'HT-01',
    'ETags are weak',
    heading('ETag', (value) => `W/${value}`),
  ),
  fault(
    'HT-02',
    'If-None-Match is ignored',
    asking('If-None-Match', () => undefined),
  ),
  fault(
    'HT-02',
    'a 304 has no ETag',
    heading(
      'ETag',
      () => undefined,
      (answer) => answer.status === 304,
    ),
  ),
  fault(
    'HT-03',
    'shared caches may keep it',
    heading('Cache-Control', () => 'public, max-age=3600'),
  ),
  fault(
    'HT-04',
    'Content-Range is wrong',
    heading('Content-Range', (value) => value.replace('2-11', '2-12')),
  ),
  fault('HT-05', 'beyond the end is 200', status(416, 200)),
  fault(
    'HT-06',
    'If-Range is ignored',
    asking('If-Range', () => undefined),
  ),
  fault('HT-07', 'a range cuts a part', {
    answer: (answer, request) =>
      fieldOf(request, 'Range') === undefined
        ? answer
        : {
            ...answer,
            body: Buffer.from(
              answer.body.toString('latin1').replace(/(\r\n\r\n[\s\S]{10})[\s\S]*?(\r\n--)/, '$1$2'),
              'latin1',
            ),
          },
  }),
  fault(
    'HT-09',
    'pre-flight allows no Authorization',
    heading('Access-Control-Allow-Headers', (value) => value.replace(/authorization,? ?/i, '')),
  ),
  fault(
    'HT-10',
    'errors have no CORS headers',
    heading(
      'Access-Control-Allow-Origin',
      () => undefined,
      ({ status }) => status >= 400,
    ),
  ),
  fault(
    'HT-11',
    'pages that are isolated may not embed it',
    heading('Cross-Origin-Resource-Policy', () => 'same-origin'),
  ),
  fault(
    'HT-12',
    'answers may be sniffed',
    heading('X-Content-Type-Options', () => undefined),
  ),
  fault(
    'HT-13',
    'an error does not tell its request',
    heading('X-Request-ID', () => 'another'),
  ),
  fault('CAP-01', 'the base URI answers OPTIONS without a body', {
    answer: (answer, request) =>
      request.method === 'OPTIONS' ? { ...answer, status: 204, body: Buffer.alloc(0) } : answer,
  }),
  fault(
    'CAP-02',
    'JSON is not offered',
    answering((request) => request.method === 'OPTIONS' && accepts(/^application\/json/)(request), reply(406)),
  ),
  fault(
    'CAP-03',
    'what is not there is advertised',
    text((body) => body.replace(/path="\/?metadata"/, 'path="metadaten"')),
  ),
  fault(
    'CAP-03',
    'a required resource is not advertised',
    text((body) => body.replaceAll(/path="(\/?)(?:frames|{frames})/g, 'path="$1pictures')),
  ),
  fault(
    'CAP-04',
    'If-None-Match is ignored',
    asking('If-None-Match', () => undefined),
  ),
  fault(
    'CAP-05',
    'resources have no Allow',
    heading('Allow', () => undefined),
  ),
  fault(
    'CAP-06',
    'pre-flight asks for a token',
    answering((request) => request.method === 'OPTIONS' && fieldOf(request, 'Authorization') === undefined, reply(401)),
  ),
];
