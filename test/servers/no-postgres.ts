/** A run for SQLite and a folder. */
import type { TestProject } from 'vitest/node';

export const setup = (project: TestProject): void => project.provide('postgres', '');
