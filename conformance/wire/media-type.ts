/** Media types as they stand in header fields. RFC 9110 §8.3.1, RFC 2045 §5.1 */

export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly type: string;
  /** `type/subtype` as it was sent. */
  readonly sentType: string;
  /** By name in lower case, without quotes. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Names of the parameters whose value was quoted. */
  readonly quoted: ReadonlySet<string>;
}

const TYPE = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*/;
const PARAMETER = /^;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;",]+))\s*/;

/** @throws Error when the text is no media type */
export function parseMediaType(text: string): MediaType {
  const [head = '', sentType = ''] = TYPE.exec(text) ?? [];
  if (sentType === '') throw new Error(`${JSON.stringify(text)} is not a media type`);
  const parameters = new Map<string, string>();
  const quoted = new Set<string>();
  let rest = text.slice(head.length);
  while (rest !== '' && rest !== ';') {
    const [all = '', name = '', inQuotes, bare] = PARAMETER.exec(rest) ?? [];
    if (all === '') throw new Error(`${JSON.stringify(text)} has a malformed parameter`);
    const key = name.toLowerCase();
    if (parameters.has(key)) throw new Error(`${JSON.stringify(text)} has the parameter ${key} twice`);
    if (inQuotes !== undefined) quoted.add(key);
    parameters.set(key, inQuotes?.replace(/\\(.)/g, '$1') ?? bare ?? '');
    rest = rest.slice(all.length);
  }
  return { type: sentType.toLowerCase(), sentType, parameters, quoted };
}
