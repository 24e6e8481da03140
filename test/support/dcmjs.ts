/** The little of dcmjs that tests read with. It comes without declarations, so what it gives is declared here. */
import { createRequire } from 'node:module';

interface Dcmjs {
  readonly data: {
    readonly DicomMessage: {
      readFile(bytes: ArrayBufferLike): {
        /** By tag, 8 hexadecimal digits. */
        readonly dict: Readonly<Record<string, { readonly vr: string; readonly Value: readonly unknown[] }>>;
      };
    };
    readonly DicomMetaDictionary: {
      /** The same by keyword. */
      naturalizeDataset(dict: Readonly<Record<string, unknown>>): Record<string, unknown>;
    };
  };
}

export const dcmjs: Dcmjs = createRequire(import.meta.url)('dcmjs');
