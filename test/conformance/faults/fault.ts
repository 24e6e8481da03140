/** What a deliberately wrong server does wrong: one thing, to requests on their way in or to answers on their way out. */

export interface Passing {
  readonly method: string;
  /** Path and query, below the base of the services. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

export interface Fault {
  /** The row that has to find it. */
  readonly row: string;
  readonly plants: string;
  readonly request?: (request: Passing) => Passing | Reply;
  readonly answer?: (reply: Reply, request: Passing) => Reply;
}

type Turned = Partial<Pick<Fault, 'request' | 'answer'>>;

export const fault = (row: string, plants: string, turned: Turned): Fault => ({ row, plants, ...turned });

export const isReply = (one: Passing | Reply): one is Reply => 'status' in one;

export const fieldOf = ({ headers }: Pick<Reply, 'headers'>, name: string): string | undefined =>
  headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];

const withoutHeader = (headers: Reply['headers'], name: string): Reply['headers'] =>
  headers.filter(([key]) => key.toLowerCase() !== name.toLowerCase());

const setHeader = (headers: Reply['headers'], name: string, value: string | undefined): Reply['headers'] =>
  value === undefined ? withoutHeader(headers, name) : [...withoutHeader(headers, name), [name, value]];

/** An answer of no other server. */
export const reply = (status: number, body = '', headers: Reply['headers'] = []): Reply => ({
  status,
  headers: body === '' ? headers : [['Content-Type', 'application/json'], ...headers],
  body: Buffer.from(body),
});

/** Change targets that match. */
export const retarget = (pattern: RegExp, by: string | ((all: string, ...groups: string[]) => string)): Turned => ({
  request: (request) => ({ ...request, target: request.target.replace(pattern, by as string) }),
});

/** Answer requests that match by this. */
export const answering = (matches: (request: Passing) => boolean, by: Reply): Turned => ({
  request: (request) => (matches(request) ? by : request),
});

/** Change a header field of requests. */
export const asking = (name: string, change: (value: string | undefined) => string | undefined): Turned => ({
  request: (request) => ({ ...request, headers: setHeader(request.headers, name, change(fieldOf(request, name))) }),
});

/** Change a header field of answers; none of those in which it is not. */
export const heading = (
  name: string,
  change: (value: string) => string | undefined,
  matches = (_: Reply, __: Passing) => true,
): Turned => ({
  answer: (answer, request) => {
    const value = fieldOf(answer, name);
    if (value === undefined || !matches(answer, request)) return answer;
    return { ...answer, headers: setHeader(answer.headers, name, change(value)) };
  },
});

/** Add a header field to answers that match. */
export const adding = (name: string, value: string, matches = (_: Reply, __: Passing) => true): Turned => ({
  answer: (answer, request) =>
    matches(answer, request) ? { ...answer, headers: setHeader(answer.headers, name, value) } : answer,
});

/** Give another status. */
export const status = (from: number, to: number, matches = (_: Passing) => true): Turned => ({
  answer: (answer, request) => (answer.status === from && matches(request) ? { ...answer, status: to } : answer),
});

/** Change the text of bodies of JSON or XML. */
export const text = (change: (body: string) => string, matches = (_: Passing) => true): Turned => ({
  answer: (answer, request) => {
    if (!matches(request) || !/json|xml/.test(fieldOf(answer, 'Content-Type') ?? '')) return answer;
    return { ...answer, body: Buffer.from(change(answer.body.toString('utf8'))) };
  },
});

/** Change the bytes of multipart bodies, one byte a character. */
export const bytes = (change: (body: string, boundary: string) => string, matches = (_: Passing) => true): Turned => ({
  answer: (answer, request) => {
    const [, boundary] = /^multipart.*boundary="?([^";]+)/i.exec(fieldOf(answer, 'Content-Type') ?? '') ?? [];
    if (boundary === undefined || !matches(request)) return answer;
    return { ...answer, body: Buffer.from(change(answer.body.toString('latin1'), boundary), 'latin1') };
  },
});

/** Change the payload of each part. */
export const payloads = (change: (payload: string, head: string) => string, matches = (_: Passing) => true): Turned =>
  bytes(
    (body, boundary) =>
      body
        .split(`--${boundary}`)
        .map((piece) => {
          const at = piece.indexOf('\r\n\r\n');
          return at === -1
            ? piece
            : `${piece.slice(0, at + 4)}${change(piece.slice(at + 4, -2), piece.slice(0, at))}\r\n`;
        })
        .join(`--${boundary}`),
    matches,
  );

export const targets =
  (pattern: RegExp, method?: string) =>
  (request: Passing): boolean =>
    pattern.test(request.target) && (method === undefined || request.method === method);

export const accepts =
  (pattern: RegExp) =>
  (request: Passing): boolean =>
    pattern.test(fieldOf(request, 'Accept') ?? '');
