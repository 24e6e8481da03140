/** `nccid serve`: serve the archive until told to stop. */
import type { AddCommand, CommandContext, SettingFlags, Settings } from './context.js';

export interface RunningServer {
  /** Where it listens. */
  readonly url: string;
  /** Take no more requests, finish those that run within 30 s, and close everything. */
  close(): Promise<void>;
}

/** Start a server; `cli` knows how to run one, not how one is made. */
export type StartServer = (settings: Settings) => Promise<RunningServer>;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** As a shell reports a process that a signal has ended. */
const STOPPED_AT_ONCE = 130;

export const addServeCommand =
  (start: StartServer): AddCommand =>
  (program, context) => {
    program
      .command('serve')
      .description('serve the archive until SIGTERM or SIGINT; a second signal stops at once')
      .option('--port <port>', 'TCP port (NCCID_PORT)')
      .option('--host <host>', 'address to listen on (NCCID_HOST)')
      .option('--public-url <url>', 'URL under which clients see the archive (NCCID_PUBLIC_URL)')
      .action(async ({ port, host, publicUrl }: Omit<SettingFlags, 'publicURL'> & { publicUrl?: string }) => {
        await serveUntilStopped(start, context.config({ port, host, publicURL: publicUrl }), context);
      });
  };

/** Serve until the first signal, then finish what runs; a second signal ends the process where it stands. */
export async function serveUntilStopped(
  start: StartServer,
  settings: Settings,
  { print }: Pick<CommandContext, 'print'>,
  onListening: (server: RunningServer) => Promise<void> = async () => {},
): Promise<void> {
  const signals = new StopSignals();
  try {
    const server = await start(settings);
    print(`listening on ${server.url}`);
    await onListening(server);
    await signals.first;
    await server.close();
  } finally {
    signals.forget();
  }
}

class StopSignals {
  /** Resolves with the first signal. */
  readonly first: Promise<void>;
  readonly #listener: () => void;

  constructor() {
    const { promise, resolve } = withResolve();
    let isStopping = false;
    this.first = promise;
    this.#listener = () => {
      if (isStopping) process.exit(STOPPED_AT_ONCE);
      isStopping = true;
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  forget(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}

function withResolve(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
