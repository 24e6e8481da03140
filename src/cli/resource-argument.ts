/** The two words by which commands name a study, series or instance: its level, and its UID. */
import { Argument } from 'commander';

export type Level = 'study' | 'series' | 'instance';

export const levelArgument = (): Argument =>
  new Argument('<level>', 'of what the UID is').choices(['study', 'series', 'instance']);

export const uidArgument = (): Argument => new Argument('<uid>', 'its Instance UID');
