/** One PostgreSQL server for all test files of a run. */
import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.js';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  project.provide('postgres', server.url);
  return () => server.remove();
}
