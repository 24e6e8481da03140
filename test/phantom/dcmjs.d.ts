/** The little of dcmjs that tests read with; it has no declarations of its own. */
declare module 'dcmjs' {
  interface Dcmjs {
    readonly data: {
      readonly DicomMessage: {
        readFile(bytes: ArrayBufferLike): {
          readonly meta: Record<string, unknown>;
          readonly dict: Record<string, { readonly vr: string; readonly Value: readonly unknown[] }>;
        };
      };
      readonly DicomMetaDictionary: {
        naturalizeDataset(dict: Record<string, unknown>): Record<string, unknown>;
      };
    };
  }
  const dcmjs: Dcmjs;
  export default dcmjs;
}
