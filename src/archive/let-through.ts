/**
 * What the parts of one request have been let through as, of which the index does not know yet: parts are judged in their
 * order, so that of two which contradict each other it is the later one that is refused, before it has a file.
 */
import type { IndexRecord } from './index/index-record.js';
import { isMisfit } from './index/index-writer.js';
import { type KnownRows, pseudonymOf } from './index/known-rows.js';
import { Turnstile } from './turnstile.js';

export class LetThrough {
  readonly #known: KnownRows = { instances: new Map(), series: new Map(), studies: new Map(), patients: new Map() };
  readonly #turnstile = new Turnstile(1);

  /** Judge a part when all that have asked before it have been judged. */
  async inTurn<T>(judge: () => Promise<T>): Promise<T> {
    await this.#turnstile.enter();
    try {
      return await judge();
    } finally {
      this.#turnstile.leave();
    }
  }

  /** Take a record, unless it contradicts those that were taken before. Returns whether it was taken. */
  take(record: IndexRecord): boolean {
    if (isMisfit(record, this.#known)) return false;
    const { identity, site, description } = record;
    const { studyInstanceUID, seriesInstanceUID } = identity;
    const study = { rowID: undefined, siteID: site.id, pseudonym: pseudonymOf(record) };
    this.#known.studies.set(studyInstanceUID, study);
    this.#known.series.set(seriesInstanceUID, { studyInstanceUID, modality: description.series.modality });
    return true;
  }
}
