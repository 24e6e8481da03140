/** The Storage SOP Classes that are taken. */
import { STORAGE_SOP_CLASSES } from '../../../../src/dicom/sop-classes.js';
import { code, figure, markdownTable } from '../markdown-table.js';

export const sopClassValues = () => ({
  'sop-class-count': figure(STORAGE_SOP_CLASSES.size),
  'sop-classes': markdownTable(
    ['UID', 'name'],
    [...STORAGE_SOP_CLASSES].map(([uid, name]) => [code(uid), name]),
  ),
});
