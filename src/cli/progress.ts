/** How far a long command has come: a bar for whoever watches, a line now and then for whoever reads it later. */
import { SingleBar } from 'cli-progress';
import type { CommandContext } from './context.js';

/** A line is printed each time this share of the whole is done. */
const LINES = 10;

export interface Progress {
  /** One more is done. */
  advance(): void;
  /** Nothing more comes. */
  stop(): void;
}

/** Show progress on standard error. @param what what is counted, in the plural */
export function startProgress(context: CommandContext, total: number, what: string): Progress {
  return context.isWatched ? startBar(total, what) : startLines(context, total, what);
}

function startBar(total: number, what: string): Progress {
  const bar = new SingleBar({ format: `{bar} {value} of {total} ${what}, {eta_formatted} left`, hideCursor: true });
  bar.start(total, 0);
  return { advance: () => bar.increment(), stop: () => bar.stop() };
}

function startLines({ printError }: CommandContext, total: number, what: string): Progress {
  const step = Math.max(1, Math.ceil(total / LINES));
  let done = 0;
  return {
    advance: () => {
      done += 1;
      if (done % step === 0 || done === total) printError(`${done} of ${total} ${what}`);
    },
    stop: () => {},
  };
}
