/** As much of XMLHttpRequest as dicomweb-client asks of a browser, over real HTTP. */
import { request } from 'node:http';

type Handler = (() => void) | undefined;

export class XMLHttpRequest {
  readyState = 0;
  status = 0;
  response: unknown = undefined;
  responseType: '' | 'text' | 'json' | 'arraybuffer' = '';
  onloadstart: Handler;
  onloadend: Handler;
  onreadystatechange: Handler;
  onprogress: Handler;
  withCredentials = false;
  #method = 'GET';
  #url = '';
  readonly #sent = new Map<string, string>();
  #headers: Readonly<Record<string, string>> = {};

  open(method: string, url: string): void {
    this.#method = method.toUpperCase();
    this.#url = url;
    this.readyState = 1;
  }

  /** Twice the same name joins the values, as the standard of browsers says. */
  setRequestHeader(name: string, value: string): void {
    const key = name.toLowerCase();
    const before = this.#sent.get(key);
    this.#sent.set(key, before === undefined ? value : `${before}, ${value}`);
  }

  getResponseHeader(name: string): string | null {
    return this.#headers[name.toLowerCase()] ?? null;
  }

  getAllResponseHeaders(): string {
    return Object.entries(this.#headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  }

  send(body?: string | ArrayBuffer | Uint8Array): void {
    this.onloadstart?.();
    const headers = Object.fromEntries(this.#sent);
    if (!this.#sent.has('accept')) headers['accept'] = '*/*';
    const sending = request(this.#url, { method: this.#method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        this.status = response.statusCode ?? 0;
        this.#headers = Object.fromEntries(
          Object.entries(response.headersDistinct).map(([name, values = []]) => [name, values.join(', ')]),
        );
        this.#finish(Buffer.concat(chunks));
      });
    });
    sending.on('error', () => this.#finish(Buffer.alloc(0)));
    sending.end(body instanceof ArrayBuffer ? Buffer.from(body) : body);
  }

  #finish(bytes: Buffer): void {
    this.response = this.#decoded(bytes);
    this.readyState = 4;
    this.onreadystatechange?.();
    this.onloadend?.();
  }

  #decoded(bytes: Buffer): unknown {
    if (this.responseType === 'arraybuffer') return Uint8Array.from(bytes).buffer;
    const text = bytes.toString('utf8');
    if (this.responseType !== 'json') return text;
    try {
      return JSON.parse(text);
    } catch {
      // A browser gives null for what is no JSON.
      return null;
    }
  }
}
