/** What a caller sees: the one place where a Caller becomes a Scope. */
import type { Scope } from '../archive/scope.js';
import type { Caller } from './caller.js';

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
