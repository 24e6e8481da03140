/** `npx tsx conformance/write-coverage.ts` writes COVERAGE.md. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCoverage } from './coverage.js';

writeFileSync(join(import.meta.dirname, 'COVERAGE.md'), writeCoverage());
