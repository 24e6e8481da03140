import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Patience } from '../../../../src/archive/blobs/s3/patience.js';

/** Fail again and again, each time after so long. Gives how often, and after how long in all there was an end to it. */
function failUntilTheEnd(patience: Patience, attemptMs: number) {
  const begun = performance.now();
  for (let attempts = 1; ; attempts++) {
    vi.advanceTimersByTime(attemptMs);
    const pauseMs = patience.pauseMs();
    if (pauseMs === undefined) return { attempts, afterMs: performance.now() - begun };
    vi.advanceTimersByTime(Math.ceil(pauseMs));
  }
}

describe('Patience', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('outlasts a restart when attempts fail at once', () => {
    const { attempts, afterMs } = failUntilTheEnd(new Patience(), 0);
    expect(attempts).toBe(6);
    expect(afterMs).toBeGreaterThan(1_500);
    expect(afterMs).toBeLessThan(5_000);
  });

  it.each([
    [500, 6],
    [2_000, 3],
    [4_000, 2],
    [5_000, 2],
  ])('ends within some ten seconds when attempts fail after %d ms', (attemptMs, expected) => {
    const { attempts, afterMs } = failUntilTheEnd(new Patience(), attemptMs);
    expect(attempts).toBe(expected);
    expect(afterMs).toBeLessThan(11_000);
  });

  it('does not give up sooner because an attempt had got on for long', () => {
    const patience = new Patience();
    vi.advanceTimersByTime(60_000);
    expect(patience.pauseMs()).toBeGreaterThan(0);
  });

  it('begins anew when something has moved', () => {
    const patience = new Patience();
    failUntilTheEnd(patience, 0);
    patience.renew();
    expect(failUntilTheEnd(patience, 0).attempts).toBe(6);
  });
});
