import { describe, expect, it } from 'vitest';
import { isStorageSOPClass } from '../../src/dicom/sop-classes.js';

describe('isStorageSOPClass', () => {
  it.each([
    ['CT Image Storage', '1.2.840.10008.5.1.4.1.1.2'],
    ['Segmentation Storage', '1.2.840.10008.5.1.4.1.1.66.4'],
    ['Label Map Segmentation Storage, of Supplement 243', '1.2.840.10008.5.1.4.1.1.66.7'],
  ])('SW-17 knows %s', (_, uid) => {
    expect(isStorageSOPClass(uid)).toBe(true);
  });

  it.each([
    ['a service that stores nothing', '1.2.840.10008.1.1'],
    ['Ultrasound Image Storage as retired', '1.2.840.10008.5.1.4.1.1.6'],
    ['the Media Storage Directory, a DICOMDIR', '1.2.840.10008.1.3.10'],
    ['a private class', '1.2.826.0.1.3680043.10.9999.1'],
    ['nothing', ''],
  ])('SW-17 does not take %s for one', (_, uid) => {
    expect(isStorageSOPClass(uid)).toBe(false);
  });
});
