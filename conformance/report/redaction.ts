/** A server may say back what it was sent: no report has a token in it. */

/** The same value, with TOKEN wherever one of these was, as it is or as JSON writes it. */
export function withoutTokens<T>(value: T, tokens: readonly (string | undefined)[]): T {
  const secrets = tokens.flatMap((token) =>
    token === undefined || token === '' ? [] : [token, JSON.stringify(token).slice(1, -1), encodeURIComponent(token)],
  );
  const clean = (one: unknown): unknown => {
    if (typeof one === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, 'TOKEN'), one);
    if (Array.isArray(one)) return one.map(clean);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, member]) => [name, clean(member)]));
  };
  return clean(value) as T;
}
