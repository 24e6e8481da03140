/** The DICOM conformance statement: prose, tables of what the program runs by, and what the suite found. PS3.2, PS3.18 §8 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillTemplate } from './fill-template.js';
import type { OwnServerReports } from './suite-result.js';
import { suiteValues } from './suite-result.js';
import { implementationValues } from './tables/implementation.js';
import { limitValues } from './tables/limits.js';
import { mediaTypeValues } from './tables/media-types.js';
import { reasonValues } from './tables/reasons.js';
import { routeValues } from './tables/routes.js';
import { ruleValues } from './tables/rules.js';
import { searchValues } from './tables/search.js';
import { sopClassValues } from './tables/sop-classes.js';
import { transferSyntaxValues } from './tables/transfer-syntaxes.js';

const CHAPTERS = join(import.meta.dirname, 'chapters');

/** Chapters stand in the order of the numbers that their files begin with. */
export function writeStatement(reports: OwnServerReports): string {
  const files = readdirSync(CHAPTERS).sort();
  const template = files.map((name) => readFileSync(join(CHAPTERS, name), 'utf8').trim()).join('\n\n');
  return `${fillTemplate(template, {
    ...implementationValues(),
    ...routeValues(),
    ...mediaTypeValues(),
    ...ruleValues(),
    ...reasonValues(),
    ...searchValues(),
    ...sopClassValues(),
    ...transferSyntaxValues(),
    ...limitValues(),
    ...suiteValues(reports),
  })}\n`;
}
