/** A wire to a server over TCP, that can be cut, go dead or be taken away, as networks do. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export class Wire {
  readonly #host: string;
  readonly #port: number;
  #server: Server | undefined;
  #ownPort = 0;
  readonly #sockets = new Set<Socket>();
  #cuts: number[] = [];
  #isDead = false;
  #connections = 0;

  private constructor({ hostname, port }: URL) {
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** Lay a wire to the server at an `http` URL, which is taken away when the test has ended. */
  static async to(url: string): Promise<Wire> {
    const wire = new Wire(new URL(url));
    await wire.restore();
    onTestFinished(() => wire.takeAway());
    return wire;
  }

  /** Where the server is by this wire. */
  get url(): string {
    return `http://127.0.0.1:${this.#ownPort}`;
  }

  /** How many connections were made over it. */
  get connections(): number {
    return this.#connections;
  }

  /** Cut as many connections, each once so many bytes have come over it from the server; those that are open are cut now. */
  cutAfter(...bytes: readonly number[]): void {
    this.#cuts = [...bytes];
    this.#endAll();
  }

  /** From now on take connections and bytes, and give none; what is open stays open. */
  goDead(): void {
    this.#isDead = true;
  }

  /** Refuse connections, and end those that are open. */
  async takeAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#endAll();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  /** Be as at first, under the same URL. What went dead stays so. */
  async restore(): Promise<void> {
    this.#isDead = false;
    this.#cuts = [];
    if (this.#server !== undefined) return;
    const server = createServer((near) => this.#join(near));
    this.#server = server;
    server.listen(this.#ownPort, '127.0.0.1');
    await once(server, 'listening');
    const address: AddressInfo | string | null = server.address();
    if (typeof address === 'object' && address !== null) this.#ownPort = address.port;
  }

  #join(near: Socket): void {
    this.#connections += 1;
    const far = connect(this.#port, this.#host);
    let left = this.#cuts.shift() ?? Number.POSITIVE_INFINITY;
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    near.on('data', (bytes) => {
      if (!this.#isDead) far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (this.#isDead) return;
      near.write(bytes.subarray(0, left));
      left -= bytes.length;
      // Not destroyed: what was written must arrive before it ends.
      if (left <= 0) near.end(() => end());
    });
  }

  #endAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
