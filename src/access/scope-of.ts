/** What a caller sees and may do: the one place where a Caller becomes a Scope. */
import type { Scope } from '../archive/scope.js';
import type { Caller } from './caller.js';
import { isPermitted } from './permissions.js';

/** Give the Scope through which this caller sees the archive. */
export function scopeOf(caller: Caller): Scope {
  switch (caller.kind) {
    case 'site':
      return { kind: 'site', siteID: caller.siteID };
    case 'licence':
      return { kind: 'licence', predicate: caller.predicate };
    case 'curator':
      return { kind: 'everything' };
  }
}

/** Whether this caller may store instances. */
export const mayStore = (caller: Caller): boolean => isPermitted(caller.kind, 'dicomweb.store');

/** Whether this caller may search, within his Scope. */
export const maySearch = (caller: Caller): boolean => isPermitted(caller.kind, 'dicomweb.search');

/** Whether this caller may retrieve instances, metadata, frames and bulkdata, within his Scope. */
export const mayRetrieve = (caller: Caller): boolean => isPermitted(caller.kind, 'dicomweb.retrieve');

/** Whether this caller keeps the archive. */
export const mayCurate = (caller: Caller): boolean => isPermitted(caller.kind, 'curate');
