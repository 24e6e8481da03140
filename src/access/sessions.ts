/**
 * Sessions of browsers. The cookie's value is the caller's own token, so a session is nothing that is kept: it is judged at
 * every request exactly as a bearer token is, and ends with it. What a cookie adds is that browsers send it unasked; so it
 * counts only for requests of the archive's own pages. RFC 6265bis §4.1.3, §8.8; Fetch Metadata §2
 */
import { ArchiveError } from '../errors.js';

/** As much of a request as tells whose it is. */
export interface IncomingCredentials {
  readonly method: string;
  readonly headers: {
    readonly cookie?: string | undefined;
    readonly origin?: string | undefined;
    readonly 'sec-fetch-site'?: string | string[] | undefined;
  };
  readonly headersDistinct: { readonly authorization?: string[] | undefined };
}

const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
const NAME = 'nccid-session';
/** Browsers take a cookie of such a name only from the host itself, over TLS. */
const HOST_PREFIX = '__Host-';

export class Sessions {
  readonly #origin: string;
  readonly #name: string;
  readonly #attributes: string;

  /** @param publicURL the URL under which browsers see the archive */
  constructor(publicURL: string) {
    const { protocol, origin } = new URL(publicURL);
    const isSecure = protocol === 'https:';
    this.#origin = origin;
    this.#name = isSecure ? HOST_PREFIX + NAME : NAME;
    this.#attributes = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  }

  /**
   * What a request shows of its caller, as values of Authorization header fields for `Authenticator`: those it has, or else
   * the token of its session.
   * @throws ArchiveError `forbidden` when it would change something by a session, and may come from another's page
   */
  authorizationOf(request: IncomingCredentials): readonly string[] {
    // All values as sent: Node joins or drops repeated headers, and two of them must be told from one.
    const explicit = request.headersDistinct.authorization ?? [];
    const token = explicit.length > 0 ? undefined : this.tokenOf(request);
    if (token === undefined) return explicit;
    const isSafe = SAFE_METHODS.includes(request.method);
    if (isSafe ? this.#isForeign(request) : !this.isFromOwnPage(request)) {
      if (isSafe) return [];
      throw new ArchiveError('forbidden', 'By a session only the pages of this archive can change anything.');
    }
    return [`Bearer ${token}`];
  }

  /** The token of the session that a request belongs to. */
  tokenOf({ headers }: Pick<IncomingCredentials, 'headers'>): string | undefined {
    for (const pair of (headers.cookie ?? '').split(';')) {
      const [name = '', ...value] = pair.split('=');
      if (name.trim() === this.#name) return value.join('=').trim() || undefined;
    }
    return undefined;
  }

  /** Whether a browser says that a page of this archive has made the request. */
  isFromOwnPage({ headers }: Pick<IncomingCredentials, 'headers'>): boolean {
    const site = headers['sec-fetch-site'];
    // Browsers tell it only over TLS and to this machine; of what they send everywhere Origin is the best.
    return site === undefined ? headers.origin === this.#origin : site === 'same-origin';
  }

  /** Whether a browser says that a page of somebody else has made the request. */
  #isForeign(request: IncomingCredentials): boolean {
    const { origin, 'sec-fetch-site': site } = request.headers;
    if (site === undefined && origin === undefined) return false;
    // Typed by the user, or followed from nowhere.
    return site !== 'none' && !this.isFromOwnPage(request);
  }

  /** The value of Set-Cookie that begins a session. */
  begin(token: string): string {
    return `${this.#name}=${token}; ${this.#attributes}`;
  }

  /** The value of Set-Cookie that ends whatever session there is. */
  end(): string {
    return `${this.#name}=; ${this.#attributes}; Max-Age=0`;
  }
}
