/** Faults in what is decoded, and in further transfer syntaxes. */
import { accepts, answering, asking, bytes, type Fault, fault, payloads, reply, retarget, targets } from './fault.js';

const asStored = asking('Accept', (value) =>
  /type="application\/(?:dicom|octet-stream)"$/.test(value ?? '') ? `${value}; transfer-syntax=*` : value,
);

export const DECODING_FAULTS: readonly Fault[] = [
  fault('MT-18', 'what is compressed stays so', asStored),
  fault(
    'MT-18',
    'a decoded sample is another',
    payloads((payload) => `${payload.slice(0, -1)}\x55`),
  ),
  fault(
    'MT-18',
    'colours are decoded and called what they were',
    payloads((payload) => payload.replace('\x28\x00\x04\x00CS\x04\x00RGB ', '\x28\x00\x04\x00CS\x04\x00YBR_')),
  ),
  fault(
    'MT-19',
    'samples of what is lossy are others, or its code stream is',
    payloads((payload) => `${payload.slice(0, -12)}UUUU${payload.slice(-8)}`),
  ),
  fault(
    'MT-21',
    'what is encoded loses something',
    // Near-lossless by 2, in the header of a scan of JPEG-LS.
    payloads((payload) => payload.replace(/(\xff\xda\x00\x08\x01\x01\x00)\x00/, '$1\x02')),
  ),
  fault(
    'MT-21',
    'a sample is another in RLE',
    payloads((payload) => payload.replace(/(\x01\0\0\0@\0{59}[\0-\x7f].)./s, '$1\x77')),
  ),
  fault('MT-21', 'what can not be had is an error of the server', answering(accepts(/4\.201$/), reply(500))),
  fault('RI-04', 'a study stays in another lossless transfer syntax', asStored),
  fault(
    'RI-06',
    'decoding changes an element',
    payloads((payload) => payload.replace('JLSSIGNED', 'JLSUNSIGN')),
  ),
  fault('RF-03', 'frames stay compressed', asStored),
  fault(
    'RF-10',
    'samples of floating point are cut',
    payloads((payload) => (payload.length === 64 ? payload.slice(32) : payload)),
  ),
  fault(
    'RP-01',
    'samples of floating point are cut',
    payloads((payload) => (payload.length === 64 ? payload.slice(32) : payload)),
  ),
  fault(
    'RP-01',
    'Pixel Data is at the place of its instance',
    bytes((body) => body.replace(/(Content-Location: [^\r]*)\/bulkdata\/[^\r]*/g, '$1')),
  ),
  fault(
    'RP-01',
    'compressed frames are refused',
    answering((request) => targets(/pixeldata/)(request) && accepts(/image\/jls/)(request), reply(406)),
  ),
  fault('RF-12', 'further HTJ2K is unknown', answering(accepts(/4\.202/), reply(406))),
  fault('URI-05', 'what is compressed stays so', retarget(/(contentType=application\/dicom)$/, '$1&transferSyntax=*')),
];
