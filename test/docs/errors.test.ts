import { describe, expect, it } from 'vitest';
import { COMMITMENT_FAILURE, FAILURE_REASON, WARNING_REASON } from '../../src/dicom/failure-reasons.js';
import { HTTP_STATUS } from '../../src/dicomweb/problem.js';
import { readDocument, tableOf } from './markdown.js';

const document = readDocument('docs/errors.md');

const hex = (code: number): string => code.toString(16).toUpperCase().padStart(4, '0');
const codesOf = (reasons: Readonly<Record<string, number>>) =>
  Object.values(reasons).map((code) => [hex(code), String(code)]);
const firstTwo = (rows: readonly (readonly string[])[]) => rows.map((row) => row.slice(0, 2));

describe('docs/errors.md', () => {
  it('lists every error code with its HTTP status, and no other', () => {
    const listed = firstTwo(tableOf(document, 'code', 'status'));
    expect(listed).toEqual(Object.entries(HTTP_STATUS).map(([code, status]) => [code, String(status)]));
  });

  it('says of every error code what it means and what helps', () => {
    const untold = tableOf(document, 'code', 'status').filter(([, , meaning, remedy]) => !meaning || !remedy);
    expect(untold).toEqual([]);
  });

  it('lists every Failure Reason in hexadecimal and decimal, and no other', () => {
    expect(firstTwo(tableOf(document, 'reason', 'decimal'))).toEqual(codesOf(FAILURE_REASON));
  });

  it('lists in docs/commitment.md why an instance is not committed, and no other reason', () => {
    const reasons = tableOf(readDocument('docs/commitment.md'), 'commitment failure', 'decimal');
    expect(firstTwo(reasons)).toEqual(codesOf(COMMITMENT_FAILURE));
  });

  it('lists every Warning Reason in hexadecimal and decimal, and no other', () => {
    const warnings = document.slice(document.indexOf('## Warning Reasons'));
    expect(firstTwo(tableOf(warnings, 'reason', 'decimal'))).toEqual(codesOf(WARNING_REASON));
  });
});
