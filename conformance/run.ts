/** `npm run conformance`: the suite as a command. */
import { writeFileSync } from 'node:fs';
import { ALL_CHECKS } from './all-checks.js';
import { conduct, NoServer } from './conduct.js';
import { parseOptions, USAGE, UsageError } from './options.js';
import { writeHTML } from './report/html.js';
import { writeJUnit } from './report/junit.js';
import { isConforming } from './report/summary.js';
import { writeText } from './report/text.js';

const HOLDS = 0;
const FAILS = 1;
const COULD_NOT_RUN = 2;

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(
    args,
    ALL_CHECKS.map(({ id }) => id),
  );
  if (options.isHelp) {
    console.log(USAGE);
    return HOLDS;
  }
  const report = await conduct(options);
  console.log(writeText(report));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (options.junit !== undefined) writeFileSync(options.junit, writeJUnit(report));
  if (options.html !== undefined) writeFileSync(options.html, writeHTML(report));
  return isConforming(report.results) ? HOLDS : FAILS;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof NoServer)) throw error;
  console.error(
    error instanceof UsageError ? `${error.message}\n\n${USAGE}` : `The server does not answer: ${error.message}`,
  );
  process.exitCode = COULD_NOT_RUN;
}
