/** Tells whoever keeps something made of instances what this process has stored and deleted; other processes tell of theirs nothing. */
import type { ResourcePath } from './index/locate.js';
import type { StoreOutcome } from './store-outcome.js';

/** The series into which instances have just been stored, each once. */
export type StoredSeries = Required<Omit<ResourcePath, 'sopInstanceUID'>>;

export class Changes {
  readonly #onStored: ((series: readonly StoredSeries[]) => void)[] = [];
  readonly #onDeleted: ((path: ResourcePath) => void)[] = [];

  /** Call `listener` after each request that has stored something; it has to be quick, and may not fail. */
  onStored(listener: (series: readonly StoredSeries[]) => void): void {
    this.#onStored.push(listener);
  }

  /** Call `listener` after each deletion, with the resource that has gone with all that was in it. */
  onDeleted(listener: (path: ResourcePath) => void): void {
    this.#onDeleted.push(listener);
  }

  tellStored(outcomes: readonly StoreOutcome[]): void {
    const series = new Map<string, StoredSeries>();
    for (const one of outcomes) {
      if (one.outcome !== 'stored') continue;
      const { studyInstanceUID, seriesInstanceUID } = one.identity;
      series.set(`${studyInstanceUID}/${seriesInstanceUID}`, { studyInstanceUID, seriesInstanceUID });
    }
    if (series.size > 0) for (const listener of this.#onStored) listener([...series.values()]);
  }

  tellDeleted(path: ResourcePath): void {
    for (const listener of this.#onDeleted) listener(path);
  }
}
