/** Reads a multipart/related answer as strictly as the strictest client: any byte that should not be there is an error. */

export interface AnswerPart {
  /** By name, as spelled. */
  readonly headers: ReadonlyMap<string, string>;
  readonly headBytes: number;
  readonly body: Buffer;
}

export interface MultipartAnswer {
  readonly type: string;
  readonly transferSyntaxUID: string | undefined;
  readonly boundary: string;
  readonly parts: readonly AnswerPart[];
}

const OUTER = /^multipart\/related; type="([^"]+)"(?:; transfer-syntax=([\d.]+))?; boundary=([\w'()+,./:=?-]{1,70})$/;

/** @throws Error saying what is wrong with it */
export function readParts(contentType: string | null | undefined, body: Uint8Array): MultipartAnswer {
  const [, type = '', transferSyntaxUID, boundary] = OUTER.exec(contentType ?? '') ?? [];
  if (boundary === undefined) throw new Error(`No Content-Type of an answer of parts: ${contentType}`);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: AnswerPart[] = [];
  const first = `--${boundary}\r\n`;
  if (bytes.toString('latin1', 0, first.length) !== first) throw new Error('It does not begin with its boundary.');
  let at = first.length;
  for (;;) {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    if (headEnd < 0) throw new Error('The head of a part has no end.');
    const headers = readHead(bytes.toString('latin1', at, headEnd));
    const start = headEnd + 4;
    const end = bytes.indexOf(`--${boundary}`, start);
    if (end < 0 || bytes.toString('latin1', end - 2, end) !== '\r\n') throw new Error('A part has no end.');
    parts.push({ headers, headBytes: start - at + first.length + 2, body: bytes.subarray(start, end - 2) });
    const after = bytes.toString('latin1', end + boundary.length + 2, end + boundary.length + 4);
    at = end + boundary.length + 4;
    if (after === '--') break;
    if (after !== '\r\n') throw new Error('A boundary line holds something else.');
  }
  if (at !== bytes.length) throw new Error('Something follows the last boundary.');
  return { type, transferSyntaxUID, boundary, parts };
}

function readHead(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\r\n').map((line) => /^([\w-]+): (\S.*)$/.exec(line));
  if (lines[0]?.[1] !== 'Content-Type') throw new Error('A part does not begin with Content-Type.');
  return new Map(
    lines.map((line) => {
      if (line === null) throw new Error('A header field of a part is malformed.');
      return [line[1] ?? '', line[2] ?? ''];
    }),
  );
}

/** Read an answer of `fetch`. */
export async function partsOf(response: Response): Promise<MultipartAnswer> {
  return readParts(response.headers.get('content-type'), new Uint8Array(await response.arrayBuffer()));
}
