/** What whoever sent an instance is told of what the index made of it. */
import { FAILURE_REASON, WARNING_REASON } from '../dicom/failure-reasons.js';
import type { IndexOutcome } from './index/index-record.js';
import type { KnownInstance } from './index/known-rows.js';
import type { ReceivedInstance } from './receive-instance.js';
import { refused, type StoreOutcome } from './store-outcome.js';

/** @param kept what is stored, where that is not what was received */
export function outcomeOf(
  outcome: IndexOutcome,
  received: ReceivedInstance,
  kept: Pick<KnownInstance, 'sha256'> = received,
): StoreOutcome {
  const { identity, isFileStartCoerced, sha256AsSent } = received;
  switch (outcome) {
    case 'stored':
    case 'already-stored':
      return {
        outcome,
        identity,
        warning: isFileStartCoerced || kept.sha256 !== sha256AsSent ? WARNING_REASON.coercionOfDataElements : undefined,
      };
    case 'duplicate':
      return refused(
        identity,
        FAILURE_REASON.duplicateSOPInstance,
        'Another instance is stored under this SOP Instance UID; the first one is kept.',
      );
    case 'misfit':
      return refused(
        identity,
        FAILURE_REASON.dataSetDoesNotMatchSOPClass,
        'The Patient, Study, Series, Modality or site of the instance is another than its UIDs stand for here.',
      );
    case 'deleted':
      return refused(
        identity,
        FAILURE_REASON.notAuthorized,
        'A curator of the archive has deleted the instance, its Series or its Study: it is not taken again unless the curator allows it.',
      );
  }
}
