/** Faults in the URI service. */
import { answering, type Fault, fault, fieldOf, heading, reply, retarget, status, targets } from './fault.js';

const asked = targets(/^\/wado\?/);

export const URI_SERVICE_FAULTS: readonly Fault[] = [
  fault('URI-01', 'what is missing is not found', answering(targets(/^\/wado\?(?!.*seriesUID)/), reply(404, '{}'))),
  fault('URI-01', 'names have no case', retarget(/seriesuid=/, 'seriesUID=')),
  fault('URI-02', 'requestType has no case', retarget(/requestType=wado/, 'requestType=WADO')),
  fault(
    'URI-04',
    'a file is any bytes',
    heading('Content-Type', () => 'application/octet-stream'),
  ),
  fault('URI-06', 'a transferSyntax that is none is ignored', retarget(/&transferSyntax=x$/, '')),
  fault('URI-07', 'an asterisk is unknown', answering(targets(/transferSyntax=\*/), reply(400, '{}'))),
  fault('URI-08', 'parameters of contentType are ignored', retarget(/%3Btransfer-syntax[^&]*/, '')),
  fault('URI-08', 'a mix of content types is read', retarget(/application\/dicom,image\/jpeg/, 'application/dicom')),
  fault('URI-10', 'frame 0 is an error of the server', answering(targets(/frameNumber=0/), reply(500, '{}'))),
  fault('URI-13', 'half a window is an error of the server', answering(targets(/windowCenter/), reply(500, '{}'))),
  fault(
    'URI-14',
    'half a reference is an error of the server',
    answering(targets(/presentationUID/), reply(500, '{}')),
  ),
  fault('URI-17', 'what is not there is there', status(404, 200, asked)),
  fault(
    'URI-18',
    'Content-Location is missing',
    heading('Content-Location', () => undefined),
  ),
  fault(
    'URI-19',
    'no token is needed',
    answering((request) => asked(request) && fieldOf(request, 'Authorization') === undefined, reply(200, '{}')),
  ),
];
