/** Which SOP Classes are for storage, PS3.4 Annex B. */
import { STORAGE_SOP_CLASS_TABLE } from './sop-classes.data.js';

/** The Storage SOP Classes: their names by UID. */
export const STORAGE_SOP_CLASSES: ReadonlyMap<string, string> = new Map(
  STORAGE_SOP_CLASS_TABLE.trim()
    .split('\n')
    .map((line): [string, string] => {
      const [uid = '', ...name] = line.split(' ');
      return [uid, name.join(' ')];
    }),
);

/** Whether instances of the SOP Class are kept by an archive. Private and non-storage classes are not. */
export const isStorageSOPClass = (sopClassUID: string): boolean => STORAGE_SOP_CLASSES.has(sopClassUID);
