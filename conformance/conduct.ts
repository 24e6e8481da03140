/** One whole run against one server. */
import { ALL_CHECKS } from './all-checks.js';
import { isMeant, type Options } from './options.js';
import { withoutTokens } from './report/redaction.js';
import type { RunReport } from './report/summary.js';
import { type Result, resultOf } from './result.js';
import { endSession, startSession } from './start-session.js';
import { Client } from './wire/client.js';

/** Thrown when the server can not be checked at all. */
export class NoServer extends Error {}

type Asked = Pick<
  Options,
  | 'url'
  | 'token'
  | 'storeToken'
  | 'outsiderToken'
  | 'partialToken'
  | 'coercingToken'
  | 'wadoURI'
  | 'only'
  | 'isReadOnly'
>;

/**
 * Store the fixtures, run the checks one after another, delete what was stored.
 * @throws NoServer when nothing answers
 */
export async function conduct(options: Asked): Promise<RunReport> {
  const startedAt = new Date().toISOString();
  const started = performance.now();
  const { token: reader, storeToken: storer, isReadOnly } = options;
  const { outsiderToken: outsider, partialToken: partial, coercingToken: coerced } = options;
  const client = new Client(options.url, { reader, storer, outsider, partial, coerced });
  try {
    await client.ask('/studies?limit=1').catch((error: unknown) => {
      throw new NoServer(error instanceof Error ? error.message : String(error));
    });
    const session = await startSession({ client, isReadOnly, wadoURI: options.wadoURI ?? client.base });
    const results: Result[] = [];
    for (const check of ALL_CHECKS) {
      if (options.only?.some((word) => isMeant(word, check.id)) === false) continue;
      results.push(await resultOf(check, session));
    }
    const left = await endSession(session);
    const report = {
      url: client.base,
      startedAt,
      milliseconds: Math.round(performance.now() - started),
      isReadOnly,
      refused: Object.fromEntries(session.refused),
      left,
      results,
    };
    return withoutTokens(report, [reader, storer, outsider, partial, coerced]);
  } finally {
    client.close();
  }
}
