/**
 * Makes the thumbnails of what has been stored before anybody asks for them: when nothing more has come into a series for a
 * while and nobody waits for a picture. What it does not come to is made when it is asked for.
 */
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { ArchiveError } from '../errors.js';
import type { Log } from '../log.js';
import type { Renderer } from './renderer.js';
import { DEFAULT_VIEWPORT, frameFor, type Thumbnails } from './thumbnails.js';

export interface ThumbnailPreparationOptions {
  /** Which sees everything. */
  readonly archive: ScopedArchive;
  readonly thumbnails: Thumbnails;
  readonly renderer: Renderer;
  readonly log: Log;
  /** For how long nothing more has come into a series that is whole. */
  readonly quietMs?: number;
}

interface Series {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
}

interface Waiting {
  readonly series: Series;
  readonly dueAt: number;
}

const QUIET_MS = 2_000;
/** Series beyond these have to wait until they are asked for. */
const MOST_WAITING = 1_000;

export class ThumbnailPreparation {
  readonly #options: ThumbnailPreparationOptions;
  readonly #quietMs: number;
  /** By UID, the one that is due first at the start. */
  readonly #waiting = new Map<string, Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ThumbnailPreparationOptions) {
    this.#options = options;
    this.#quietMs = options.quietMs ?? QUIET_MS;
  }

  /** Tell of series into which something has been stored. */
  add(series: readonly Series[]): void {
    for (const one of series) {
      const key = one.seriesInstanceUID;
      if (!this.#waiting.delete(key) && this.#waiting.size >= MOST_WAITING) continue;
      this.#waiting.set(key, { series: one, dueAt: Date.now() + this.#quietMs });
    }
    this.#wait();
  }

  /** Begin with no other; resolve when the one at hand is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#waiting.clear();
    await this.#working;
  }

  #wait(): void {
    const [first] = this.#waiting.values();
    if (this.#isClosed || this.#timer !== undefined || this.#working !== undefined || first === undefined) return;
    const ms = this.#options.renderer.isIdle ? Math.max(first.dueAt - Date.now(), 0) : this.#quietMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#working = this.#work().finally(() => {
        this.#working = undefined;
        this.#wait();
      });
    }, ms).unref();
  }

  async #work(): Promise<void> {
    for (const [key, { series, dueAt }] of this.#waiting) {
      if (this.#isClosed || dueAt > Date.now() || !this.#options.renderer.isIdle) return;
      this.#waiting.delete(key);
      await this.#prepare(series);
      await this.#prepare({ studyInstanceUID: series.studyInstanceUID });
    }
  }

  /** What fails now fails again for who asks, and he is told. */
  async #prepare(path: Omit<Series, 'seriesInstanceUID'> & Partial<Series>): Promise<void> {
    const { archive, thumbnails, log } = this.#options;
    try {
      const frame = frameFor(await archive.representative(path));
      await thumbnails.of(archive, { frame, viewport: DEFAULT_VIEWPORT, mediaType: 'image/jpeg' });
    } catch (err) {
      if (!(err instanceof ArchiveError)) log.error({ err }, 'a thumbnail could not be prepared');
    }
  }
}
