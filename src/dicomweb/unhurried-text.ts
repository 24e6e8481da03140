/** What is made in many small steps, with room for other requests between them. */
import { setImmediate } from 'node:timers/promises';

/** To make so much takes a millisecond or two. */
const SLICE_CHARACTERS = 16 * 1024;
/** What a step costs, however little comes of it. */
const STEP_CHARACTERS = 64;
const STEPS_AT_ONCE = SLICE_CHARACTERS / STEP_CHARACTERS;

/** The text in UTF-8. */
export async function* unhurriedText(pieces: Iterable<string>): AsyncGenerator<Buffer> {
  let slice: string[] = [];
  let cost = 0;
  for (const piece of pieces) {
    slice.push(piece);
    cost += piece.length + STEP_CHARACTERS;
    if (cost < SLICE_CHARACTERS) continue;
    const bytes = Buffer.from(slice.join(''));
    if (bytes.length > 0) yield bytes;
    slice = [];
    cost = 0;
    await setImmediate();
  }
  const bytes = Buffer.from(slice.join(''));
  if (bytes.length > 0) yield bytes;
}

/** The same things, in order. */
export async function* unhurried<Thing>(things: Iterable<Thing>): AsyncGenerator<Thing> {
  let steps = 0;
  for (const thing of things) {
    yield thing;
    steps += 1;
    if (steps % STEPS_AT_ONCE === 0) await setImmediate();
  }
}
