/** Who asks, as `Authenticator` found out from a token and the token's row. */
import type { LicencePredicate } from '../archive/scope.js';

/** A hospital that sends images. */
export interface SiteCaller {
  readonly kind: 'site';
  /** `jti` of the token: what an audit names. */
  readonly tokenID: string;
  readonly siteID: number;
  readonly siteName: string;
}

/** A named person who works under a licence. */
export interface LicenceCaller {
  readonly kind: 'licence';
  readonly tokenID: string;
  readonly licenceID: number;
  readonly reference: string;
  /** E-mail address. */
  readonly person: string;
  /** What the licence covers, as its row said when this request came. */
  readonly predicate: LicencePredicate;
}

/** Who keeps the archive. */
export interface CuratorCaller {
  readonly kind: 'curator';
  readonly tokenID: string;
}

export type Caller = SiteCaller | LicenceCaller | CuratorCaller;
