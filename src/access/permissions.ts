/** What each kind of caller may do at all. The table is also what a token's `scope` claim says. RFC 9068 §2.2.3 */

export type CallerKind = 'site' | 'licence' | 'curator';
export type Permission = 'dicomweb.store' | 'dicomweb.search' | 'dicomweb.retrieve' | 'dicomweb.delete' | 'curate';

export const PERMISSIONS = {
  site: ['dicomweb.store', 'dicomweb.search'],
  licence: ['dicomweb.search', 'dicomweb.retrieve'],
  curator: ['dicomweb.store', 'dicomweb.search', 'dicomweb.retrieve', 'dicomweb.delete', 'curate'],
} as const satisfies Record<CallerKind, readonly Permission[]>;

/** Give the `scope` claim of a token for this kind of caller. */
export const scopeClaimOf = (kind: CallerKind): string => PERMISSIONS[kind].join(' ');

/** Whether callers of this kind have this permission. */
export function isPermitted(kind: CallerKind, permission: Permission): boolean {
  const permissions: readonly Permission[] = PERMISSIONS[kind];
  return permissions.includes(permission);
}
