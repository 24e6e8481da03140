/** Where files of other people are, if this run is given any: a folder of DICOM files, a folder of hostile ones. */
const folder = (variable: string): string | undefined => {
  const value = process.env[variable];
  if (value === undefined || value === '') {
    console.info(`Tests over ${variable} did not run: it names no folder.`);
    return undefined;
  }
  return value;
};

export const corpusDir = folder('CORPUS_DIR');
export const hostileDir = folder('HOSTILE_DIR');
