import { describe, expect, it } from 'vitest';
import type { Caller } from '../../src/access/caller.js';
import { isPermitted, scopeClaimOf } from '../../src/access/permissions.js';
import { scopeOf } from '../../src/access/scope-of.js';

const tokenID = '7f0c7f6e-58f1-4a3f-9d5e-3f6a6f0f0001';
const predicate = { kinds: ['ct'], splits: ['training'], siteIDs: [3] } as const;
const CALLERS = {
  site: { kind: 'site', tokenID, siteID: 3, siteName: 'Northwick' },
  licence: { kind: 'licence', tokenID, licenceID: 1, reference: 'NCCID-00001-v1.0', person: 'a@b.org', predicate },
  curator: { kind: 'curator', tokenID },
} as const satisfies Record<Caller['kind'], Caller>;

describe('scopeOf', () => {
  it('shows a site what it sent', () => {
    expect(scopeOf(CALLERS.site)).toEqual({ kind: 'site', siteID: 3 });
  });

  it('shows a licence holder what the licence covers', () => {
    expect(scopeOf(CALLERS.licence)).toEqual({ kind: 'licence', predicate });
  });

  it('shows a curator everything', () => {
    expect(scopeOf(CALLERS.curator)).toEqual({ kind: 'everything' });
  });
});

describe('what callers may do', () => {
  it.each([
    ['site', { store: true, search: true, retrieve: false, curate: false }],
    ['licence', { store: false, search: true, retrieve: true, curate: false }],
    ['curator', { store: true, search: true, retrieve: true, curate: true }],
  ] as const)('%s', (kind, expected) => {
    const caller = CALLERS[kind];
    expect({
      store: isPermitted(caller.kind, 'dicomweb.store'),
      search: isPermitted(caller.kind, 'dicomweb.search'),
      retrieve: isPermitted(caller.kind, 'dicomweb.retrieve'),
      curate: isPermitted(caller.kind, 'curate'),
    }).toEqual(expected);
  });

  it('stands in the scope claim in the same words', () => {
    expect(scopeClaimOf('site')).toBe('dicomweb.store dicomweb.search');
    expect(scopeClaimOf('licence')).toBe('dicomweb.search dicomweb.retrieve');
  });
});
