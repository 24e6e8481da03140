/** Scopes of every kind, for properties that hold whoever asks. */
import fc from 'fast-check';
import { IMAGING_KINDS, type Scope, SPLITS } from '../../src/archive/scope.js';

/** @param siteIDs of the sites that there are */
export const someScope = (siteIDs: readonly number[]): fc.Arbitrary<Scope> =>
  fc.oneof(
    fc.constantFrom<Scope>({ kind: 'everything' }, { kind: 'nothing' }),
    fc.constantFrom(...siteIDs).map((siteID): Scope => ({ kind: 'site', siteID })),
    fc
      .record({
        kinds: fc.subarray([...IMAGING_KINDS]),
        splits: fc.subarray([...SPLITS]),
        siteIDs: fc.option(fc.subarray([...siteIDs]), { nil: undefined }),
      })
      .map((predicate): Scope => ({ kind: 'licence', predicate })),
  );
