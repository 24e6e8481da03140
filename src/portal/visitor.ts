/** Who looks at a page: the caller of the session, or nobody, and then why. */
import type { Request } from 'express';
import type { Authenticator } from '../access/authenticate.js';
import type { Caller } from '../access/caller.js';
import { isPermitted } from '../access/permissions.js';
import type { Sessions } from '../access/sessions.js';
import { Unauthenticated } from '../access/unauthenticated.js';

export interface Visitor {
  readonly caller: Caller | undefined;
  /** Why the session that the browser has is none; the sentence that the API has for the same token. */
  readonly refusal: string | undefined;
}

export interface Doorkeeper {
  readonly authenticator: Authenticator;
  readonly sessions: Sessions;
}

/** Find out who looks. */
export async function visitorOf({ authenticator, sessions }: Doorkeeper, request: Request): Promise<Visitor> {
  const authorization = sessions.authorizationOf(request);
  if (authorization.length === 0) return { caller: undefined, refusal: undefined };
  try {
    return { caller: await authenticator.authenticate(authorization), refusal: undefined };
  } catch (error) {
    if (!(error instanceof Unauthenticated)) throw error;
    return { caller: undefined, refusal: error.message };
  }
}

/** Whether there is anything in the viewer for him: to look at images is to retrieve them. */
export const mayView = ({ kind }: Caller): boolean => isPermitted(kind, 'dicomweb.retrieve');

/** Name a caller as a page shows him. */
export function nameOf(caller: Caller): string {
  switch (caller.kind) {
    case 'site':
      return `${caller.siteName} (a site that sends images)`;
    case 'licence':
      return `${caller.person}, under licence ${caller.reference}`;
    case 'curator':
      return 'a curator of the archive';
  }
}
