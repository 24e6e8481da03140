/** What is written on a rendered image when it is asked for: who and how, in the words of its data set. PS3.18 §8.3.5.1.1 */
import { TAG } from '../dicom/attributes.js';
import { readLine } from '../dicom/bounded-values.js';
import type { DataSet, Tag } from '../dicom/data-set.js';
import { readCharacterSet } from '../dicom/values.js';
import type { Annotation } from '../pixels/render/annotate.js';

const KNOWN_ANNOTATIONS: readonly string[] = ['patient', 'technique'];
const MOST_CHARACTERS = 40;

/** Those that nobody knows. */
export const unknownAnnotations = (words: readonly string[]): readonly string[] =>
  words.filter((word) => !KNOWN_ANNOTATIONS.includes(word));

/** The lines for an image; undefined when none are asked for. What is stored is pseudonymous, and so is what is written. */
export function annotationOf(
  dataSet: DataSet,
  words: readonly string[],
  frame: { readonly number: number; readonly count: number },
): Annotation | undefined {
  const known = words.filter((word) => KNOWN_ANNOTATIONS.includes(word));
  if (known.length === 0) return undefined;
  const characterSet = readCharacterSet(dataSet);
  const text = (tag: Tag, before = '', after = ''): string | undefined => {
    const value = readLine(dataSet, tag, characterSet);
    return value === undefined ? undefined : `${before}${value.slice(0, MOST_CHARACTERS)}${after}`;
  };
  const joined = (...texts: readonly (string | undefined)[]): string =>
    texts.filter((one) => one !== undefined).join(' ');
  const patient = [
    joined(text(TAG.PatientID)),
    joined(text(TAG.PatientSex), text(TAG.PatientAge)),
    joined(text(TAG.StudyDate)),
  ];
  const technique = [
    joined(text(TAG.Modality), text(TAG.BodyPartExamined), text(TAG.ViewPosition)),
    joined(text(TAG.SeriesNumber, 'series '), text(TAG.InstanceNumber, 'image ')),
    joined(frame.count > 1 ? `frame ${frame.number}/${frame.count}` : undefined),
    joined(text(TAG.KVP, '', ' kV'), text(TAG.ConvolutionKernel)),
    joined(text(TAG.SliceThickness, 'thickness ', ' mm'), text(TAG.SliceLocation, 'at ', ' mm')),
  ];
  const lines = (some: readonly string[]): readonly string[] => some.filter((line) => line !== '');
  return {
    ...(known.includes('patient') ? { patient: lines(patient) } : {}),
    ...(known.includes('technique') ? { technique: lines(technique) } : {}),
  };
}
