/** `nccid verify`: compare every file of the archive with its index. */
import { type Finding, type VerifySummary, verifyArchive } from '../archive/verify.js';
import { ArchiveError } from '../errors.js';
import { type AddCommand, withArchive } from './context.js';

export const addVerifyCommand: AddCommand = (program, context) => {
  program
    .command('verify')
    .description('read every stored file again and print what is not as it should be, one line each: kind, file')
    .action(async () => {
      let findings = 0;
      const summary = await withArchive(context, async (opened) => {
        const run = verifyArchive(opened);
        for (let step = await run.next(); ; step = await run.next()) {
          if (step.done) return step.value;
          findings += 1;
          context.print(lineOf(step.value));
        }
      });
      const sentence = sentenceOf(summary, findings);
      if (findings > 0) throw new ArchiveError('corrupt', sentence);
      context.printError(sentence);
    });
};

const lineOf = ({ kind, key }: Finding): string => `${kind}\t${key}`;

function sentenceOf(
  { studies, instances, files, sweptStaged, finishedDeletions }: VerifySummary,
  findings: number,
): string {
  const swept = sweptStaged === 0 ? '' : ` ${sweptStaged} abandoned uploads were removed.`;
  const finished = finishedDeletions === 0 ? '' : ` ${finishedDeletions} deletions that had broken off were finished.`;
  return `${findings} findings in ${studies} studies with ${instances} instances and ${files} files.${swept}${finished}`;
}
