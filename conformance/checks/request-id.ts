/** The identifier by which a server names a request in its log, whatever its header field is called. */
import type { Answer } from '../wire/client.js';

/** Undefined when the answer has none. */
export const requestIDOf = ({ rawHeaders }: Answer): string | undefined =>
  rawHeaders.find(([name]) => /request-?id|trace-?id|correlation/i.test(name))?.[1];
