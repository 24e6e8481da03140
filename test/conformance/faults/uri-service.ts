/** A URI service put before one that is not there: PS3.18 Chapter 9 for DICOM instances, on top of Retrieve Instance. */
import { isReply, type Passing, type Reply, reply } from './fault.js';

export const URI_SERVICE_PATH = '/wado';

const NEEDED = ['requestType', 'studyUID', 'seriesUID', 'objectUID'] as const;
const EXPLICIT_LITTLE = '1.2.840.10008.1.2.1';
const UID = /^[0-9.]{1,64}$/;

/** What a request to the URI service is as one to retrieve an instance; others as they are. */
export function throughURIService(request: Passing | Reply): Passing | Reply {
  if (isReply(request) || !request.target.startsWith(`${URI_SERVICE_PATH}?`)) return request;
  const query = new URLSearchParams(request.target.slice(URI_SERVICE_PATH.length + 1));
  const [requestType, study, series, instance] = NEEDED.map((name) => query.get(name) ?? '');
  if (requestType !== 'WADO' || [study, series, instance].some((uid) => !UID.test(uid ?? ''))) return reply(400, '{}');
  const contentType = query.get('contentType') ?? 'image/jpeg';
  if (contentType !== 'application/dicom') return rendered(contentType, query);
  if (query.has('windowCenter') || query.has('windowWidth')) return reply(400, '{}');
  const syntax = query.get('transferSyntax') ?? EXPLICIT_LITTLE;
  if (syntax !== '*' && !UID.test(syntax)) return reply(400, '{}');
  return {
    ...request,
    target: `/studies/${study}/series/${series}/instances/${instance}`,
    headers: [
      ...request.headers.filter(([name]) => name.toLowerCase() !== 'accept'),
      ['Accept', `application/dicom; transfer-syntax=${syntax}`],
    ],
  };
}

/** Nothing is rendered, but what is asked for has to make sense. */
function rendered(contentType: string, query: URLSearchParams): Reply {
  const frame = query.get('frameNumber');
  const isNonsense =
    contentType.includes(';') ||
    contentType.includes('application/dicom') ||
    (frame !== null && !/^[1-9]\d*$/.test(frame)) ||
    query.has('windowCenter') !== query.has('windowWidth') ||
    query.has('presentationUID') !== query.has('presentationSeriesUID');
  return reply(isNonsense ? 400 : 406, '{}');
}
