/** Statuses of answers, and the reasons that are given for single instances. */
import { COMMITMENT_FAILURE, FAILURE_REASON, WARNING_REASON } from '../../../../src/dicom/failure-reasons.js';
import { HTTP_STATUS } from '../../../../src/dicomweb/problem.js';
import { code, hexadecimal, markdownTable } from '../markdown-table.js';

const FAILURES: Readonly<Record<keyof typeof FAILURE_REASON, string>> = {
  processingFailure: 'Processing failure: a defect of the archive, which its log tells of.',
  duplicateSOPInstance: 'Duplicate SOP Instance: other bytes are stored under this SOP Instance UID.',
  sopClassNotSupported: 'SOP Class not supported: no Storage SOP Class of the list below.',
  notAuthorized: 'Not authorized: a curator has deleted the instance, its Series or its Study.',
  outOfResources: 'Out of resources: beyond the limits below, or the archive could not keep it now.',
  dataSetDoesNotMatchSOPClass: 'Data set does not match: it contradicts itself, the archive or the request.',
  cannotUnderstand: 'Cannot understand: no DICOM, cut off, or metadata without their bulkdata.',
  transferSyntaxNotSupported: 'Transfer syntax not supported.',
};
const WARNINGS: Readonly<Record<keyof typeof WARNING_REASON, string>> = {
  coercionOfDataElements:
    'Coercion: attributes of the site were set; or the preamble or elements of the File Meta Information were not kept.',
  elementsDiscarded: 'Elements discarded. Not given at present.',
  dataSetDoesNotMatchSOPClass: 'Data set does not match SOP Class. Not given at present.',
};
const COMMITMENT_FAILURES: Readonly<Record<keyof typeof COMMITMENT_FAILURE, string>> = {
  processingFailure: 'Processing failure: it is there, but not as it was stored.',
  noSuchObjectInstance: 'No such object instance: never stored, refused, deleted, or not of the caller.',
  classInstanceConflict: 'Class / instance conflict: it is of another SOP Class.',
};

const reasonsTable = <K extends string>(reasons: Readonly<Record<K, number>>, meanings: Readonly<Record<K, string>>) =>
  markdownTable(
    ['reason', 'decimal', 'meaning'],
    (Object.entries(reasons) as [K, number][]).map(([key, reason]) => [
      code(hexadecimal(reason)),
      String(reason),
      meanings[key],
    ]),
  );

export const reasonValues = () => ({
  'failure-reasons': reasonsTable(FAILURE_REASON, FAILURES),
  'warning-reasons': reasonsTable(WARNING_REASON, WARNINGS),
  'commitment-failures': reasonsTable(COMMITMENT_FAILURE, COMMITMENT_FAILURES),
  'error-codes': markdownTable(
    ['status', 'error code'],
    Object.entries(HTTP_STATUS).map(([name, status]) => [String(status), code(name)]),
  ),
  'out-of-resources': hexadecimal(FAILURE_REASON.outOfResources),
});
