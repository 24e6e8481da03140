/** Faults in what is retrieved: instances, metadata, frames, bulkdata, and the models they are in. */
import {
  accepts,
  answering,
  asking,
  bytes,
  type Fault,
  fault,
  heading,
  payloads,
  reply,
  retarget,
  status,
  targets,
  text,
} from './fault.js';

const metadata = targets(/metadata/);
const firstPartGone = (body: string, boundary: string): string => {
  const parts = body.split(`--${boundary}`);
  return parts.length < 4 ? body : [parts[0], ...parts.slice(2)].join(`--${boundary}`);
};
/** Every second answer to the same target is turned round. */
const restless = (): Fault['answer'] => {
  let isOdd = false;
  return (answer, request) => {
    isOdd = !isOdd;
    return isOdd ? answer : (bytes(turnRound).answer?.(answer, request) ?? answer);
  };
};
const turnRound = (body: string, boundary: string): string => {
  const [first = '', ...parts] = body.split(`--${boundary}`);
  return [first, ...parts.slice(0, -1).reverse(), parts.at(-1)].join(`--${boundary}`);
};

export const RETRIEVE_FAULTS: readonly Fault[] = [
  fault('RI-01', 'an instance of a study is missing', bytes(firstPartGone)),
  fault(
    'RI-01',
    'File Meta Information names another instance',
    payloads((payload) => payload.replace(/(\x03\x00UI..[\d.]*)\.(\d)/, '$1,$2')),
  ),
  fault(
    'RI-02',
    'bulkdata of an instance has no Content-Location',
    bytes((body) => body.replace(/\r\nContent-Location: [^\r]*/g, ''), accepts(/octet-stream/)),
  ),
  fault(
    'RI-03',
    'a study of one instance comes by itself',
    asking('Accept', (value) =>
      value?.startsWith('application/dicom;')
        ? `multipart/related; type="application/dicom"; transfer-syntax=*`
        : value,
    ),
  ),
  fault(
    'RI-05',
    'parts have the wrong transfer-syntax',
    bytes((body) => body.replace('4.90', '4.91')),
  ),
  fault(
    'RI-06',
    'a file lacks its end',
    payloads((payload) => payload.slice(0, -1)),
  ),
  fault(
    'RI-06',
    'private elements are lost',
    payloads((payload) => payload.replace('\x23\x00\x02\x10LO', '\x23\x00\x05\x10LO')),
  ),
  fault(
    'RI-07',
    'a byte is another',
    payloads((payload) => `${payload.slice(0, -1)}\x7f`),
  ),
  fault('RI-08', 'what is not there is 200', status(404, 200)),
  fault('RI-09', 'parts come in any order', { answer: restless() ?? ((answer) => answer) }),
  fault('RI-10', 'what one may not see of a study is an empty answer', status(404, 200)),
  fault('RI-10', 'a study is refused that is shown in part', answering(targets(/studies\/[\d.]+$/), reply(404, '{}'))),
  fault(
    'RI-11',
    'a long value has its VR and half its length',
    payloads((payload) => payload.replace('\x18\x00\x65\x10UN', '\x18\x00\x65\x10OB')),
  ),
  fault(
    'RM-01',
    'an instance is an object',
    text((body) => body.replace(/^\[|\]$/g, ''), targets(/instances\/[^/]+\/metadata/)),
  ),
  fault(
    'RM-02',
    'private attributes are missing',
    text((body) => body.replace(/"00231002":\{[^}]*\},/, ''), metadata),
  ),
  fault(
    'RM-02',
    'binary values are missing',
    text((body) => body.replace(/,"7FE00010":\{[^}]*\}/g, ''), metadata),
  ),
  fault(
    'RM-03',
    'the transfer syntax is among the attributes',
    text((body) => body.replace('{', '{"00020010":{"vr":"UI","Value":["1.2.840.10008.1.2.1"]},'), metadata),
  ),
  fault(
    'RM-04',
    'there is a group length',
    text((body) => body.replace('{', '{"00080000":{"vr":"UL","Value":[8]},'), metadata),
  ),
  fault(
    'RM-05',
    'a name is given by BulkDataURI',
    text(
      (body) => body.replace(/("00100010":\{"vr":"PN",)"Value":\[[^\]]*\]/, '$1"BulkDataURI":"http://127.0.0.1/x"'),
      metadata,
    ),
  ),
  fault(
    'RM-06',
    'Pixel Data is inline',
    text((body) => body.replace(/("7FE00010":\{"vr":"OW",)"BulkDataURI":"[^"]*"/, '$1"InlineBinary":"AAAA"'), metadata),
  ),
  fault(
    'RM-07',
    'BulkDataURIs are of another host',
    text((body) => body.replace(/"BulkDataURI":"http:\/\/[^/]*/g, '"BulkDataURI":"/elsewhere'), metadata),
  ),
  fault(
    'RM-09',
    'pixels are described as decoded',
    text((body) => body.replace('YBR_FULL_422', 'RGB'), metadata),
  ),
  fault(
    'RM-11',
    'an object does not say its series',
    text((body) => body.replace(/"0020000E":\{[^}]*\},/, ''), metadata),
  ),
  fault('RF-01', 'frames count from 0', retarget(/frames\/1,3$/, 'frames/2,3')),
  fault('RF-01', 'an encoded comma is no comma', answering(targets(/%2C/), reply(400))),
  fault('RF-02', 'frame 0 is frame 1', retarget(/frames\/0$/, 'frames/1')),
  fault('RF-02', 'a frame too many is left out', retarget(/frames\/1,99$/, 'frames/1')),
  fault(
    'RF-03',
    'odd frames are padded',
    payloads((payload) => (payload.length % 2 === 1 ? `${payload}\0` : payload)),
  ),
  fault(
    'RF-04',
    'two frames come as one part',
    asking('Accept', (value) =>
      value === 'application/octet-stream' ? 'multipart/related; type="application/octet-stream"' : value,
    ),
  ),
  fault(
    'RF-05',
    'JPEG 2000 is in a JP2 box',
    payloads((payload) => (payload.startsWith('\xff\x4f') ? `\0\0\0\x0cjP  \r\n\x87\n${payload}` : payload)),
  ),
  fault(
    'RF-05',
    'frames have their item tags',
    payloads((payload) => `\xfe\xff\x00\xe0\x10\0\0\0${payload}`),
  ),
  fault(
    'RF-06',
    'frames do not tell their transfer syntax',
    bytes((body) => body.replace(/; ?transfer-syntax=[\d.]+/g, '')),
  ),
  fault('RF-07', 'stored frames are refused', answering(accepts(/octet-stream"; transfer-syntax=\*/), reply(406))),
  fault(
    'RF-08',
    'bits of frames run on',
    payloads((payload, head) => (/frames\/2/.test(head) ? `\x01${payload.slice(1)}` : payload)),
  ),
  fault('RF-09', 'every image has a second frame', retarget(/frames\/2$/, 'frames/1')),
  fault('RF-10', 'a report has frames', status(404, 200)),
  fault(
    'RF-11',
    'fragments are taken for frames',
    payloads((payload) => (payload.startsWith('\xff\xd8') ? payload.slice(0, 60) : payload)),
  ),
  fault(
    'RF-12',
    'HTJ2K is called JPEG 2000',
    heading('Content-Type', (value) => value.replace('jphc', 'jp2')),
  ),
  fault(
    'RP-01',
    '/pixeldata has no locations',
    bytes((body) => body.replace(/\r\nContent-Location: [^\r]*/g, ''), targets(/pixeldata/)),
  ),
  fault(
    'RP-02',
    'a multi-frame image is one part',
    bytes((body, boundary) => body.split(`--${boundary}`).slice(0, 2).concat('--').join(`--${boundary}`)),
  ),
  fault('RB-01', 'a BulkDataURI leads nowhere', answering(targets(/bulkdata\/(?!7FE)/), reply(404))),
  fault(
    'RB-02',
    'bulkdata has its VR and length',
    payloads((payload) => `OB\0\0....${payload}`, targets(/bulkdata/)),
  ),
  fault(
    'RB-03',
    'bulkdata is at another place',
    bytes((body) => body.replace(/(Content-Location: [^\r]*)/g, '$1x'), targets(/bulkdata/)),
  ),
  fault(
    'RB-04',
    'big endian stays so',
    payloads((payload) => Buffer.from(payload, 'latin1').swap16().toString('latin1'), targets(/bulkdata/)),
  ),
  fault(
    'RB-05',
    'a document has its pad byte',
    payloads((payload) => (payload.startsWith('%PDF') ? `${payload}\0` : payload)),
  ),
  fault(
    'RB-06',
    '/bulkdata has other locations',
    bytes((body) => body.replace(/(Content-Location: [^\r]*)/g, '$1x'), targets(/bulkdata$/)),
  ),
  fault('RB-07', 'a range is another', {
    answer: (answer) => (answer.status === 206 ? { ...answer, body: Buffer.from('....') } : answer),
  }),
  fault(
    'RB-08',
    'no Accept is an error',
    answering((request) => !request.headers.some(([name]) => name.toLowerCase() === 'accept'), reply(500)),
  ),
  fault('RB-09', 'paths lead out', answering(targets(/etc/), reply(200, '{}'))),
];

export const MODEL_FAULTS: readonly Fault[] = [
  fault(
    'J-01',
    'there is a byte order mark',
    text((body) => `\ufeff${body}`),
  ),
  fault(
    'J-02',
    'results are lines',
    text((body) => body.slice(1, -1), targets(/limit=2/)),
  ),
  fault(
    'J-03',
    'tags are in lower case',
    text((body) => body.replaceAll('"7FE00010"', '"7fe00010"'), metadata),
  ),
  fault(
    'J-04',
    'attributes stand as JavaScript puts them',
    text((body) => JSON.stringify(JSON.parse(body)), metadata),
  ),
  fault(
    'J-05',
    'an attribute has two kinds of value',
    text((body) => body.replace('"BulkDataURI"', '"InlineBinary":"AAAA","BulkDataURI"'), metadata),
  ),
  fault(
    'J-06',
    'a private attribute has no vr',
    text((body) => body.replace('"00231002":{"vr":"LO",', '"00231002":{'), metadata),
  ),
  fault(
    'J-07',
    'an empty value is an empty text',
    text((body) => body.replace('"00080050":{"vr":"SH"}', '"00080050":{"vr":"SH","Value":[""]}'), metadata),
  ),
  fault(
    'J-08',
    'an empty value among others is an empty text',
    text((body) => body.replace('"ORIGINAL",null', '"ORIGINAL",""'), metadata),
  ),
  fault(
    'J-09',
    'empty items are lost',
    text((body) => body.replace(',{},', ','), metadata),
  ),
  fault(
    'J-10',
    'names are texts',
    text((body) => body.replace(/\{"Alphabetic":("[^"]*")[^}]*\}/g, '$1'), metadata),
  ),
  fault(
    'J-11',
    'AT is a number',
    text((body) => body.replace('["00181063","7FE00010"]', '[1577059,2145386512]'), metadata),
  ),
  fault(
    'J-12',
    'decimal strings are rounded',
    text((body) => body.replace('12345.678901234', '12345.679'), metadata),
  ),
  fault(
    'J-13',
    '64 bits go through a double',
    text((body) => body.replaceAll('18446744073709551615', '18446744073709552000'), metadata),
  ),
  fault(
    'J-14',
    'numbers are texts',
    text((body) => body.replace('[65535]', '["65535"]'), metadata),
  ),
  fault(
    'J-15',
    'NaN is null',
    text((body) => body.replace('"NaN"', 'null'), metadata),
  ),
  fault(
    'J-16',
    'InlineBinary is an array',
    text((body) => body.replace(/"InlineBinary":("[^"]*")/g, '"InlineBinary":[$1]'), metadata),
  ),
  fault(
    'J-17',
    'words of a big endian file stay so',
    text((body) => body.replace('AQIDBA==', 'AgEEAw=='), metadata),
  ),
  fault(
    'J-18',
    'BulkDataURI is an object',
    text((body) => body.replace(/"BulkDataURI":("[^"]*")/g, '"BulkDataURI":{"uri":$1}'), metadata),
  ),
  fault(
    'J-19',
    'code strings are padded',
    text((body) => body.replaceAll('["CT"]', '["CT "]'), metadata),
  ),
  fault(
    'J-20',
    'blocks of private attributes are lost',
    text((body) => body.replaceAll('"00231102"', '"00230002"'), metadata),
  ),
  fault(
    'J-21',
    'a text is divided at its backslashes',
    text((body) => body.replace('"C:\\\\one\\\\value"', '"C:","one","value"'), metadata),
  ),
  fault(
    'J-22',
    'dates are made pretty',
    text((body) => body.replace('"20200103"', '"2020-01-03"'), metadata),
  ),
  fault(
    'J-23',
    'a private sequence in Implicit VR is lost',
    text((body) => body.replace(/"00231004":\{[^}]*\}/, '"00231004":{"vr":"UN"}'), metadata),
  ),
  fault(
    'J-25',
    'the members of a library are told',
    text((body) => body.replaceAll('"vr":"DS",', '"vr":"DS","_rawValue":["1.50"],'), metadata),
  ),
  fault(
    'RM-08',
    'documents are without namespace',
    bytes((body) => body.replace(/ xmlns="[^"]*"/g, ''), metadata),
  ),
  fault(
    'X-01',
    'values have no numbers',
    bytes((body) => body.replace(/ number="\d+"/g, ''), metadata),
  ),
  fault(
    'X-01',
    'keywords are missing',
    bytes((body) => body.replace(/ keyword="\w+"/g, ''), metadata),
  ),
  fault(
    'X-02',
    'private tags have the number of their block',
    bytes((body) => body.replaceAll('"00230002"', '"00231002"'), metadata),
  ),
];
