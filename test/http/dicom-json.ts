/** Answers in the DICOM JSON Model, as a test reads them. PS3.18 §F */

export interface JSONElement {
  readonly vr: string;
  readonly Value?: readonly unknown[];
  readonly BulkDataURI?: string;
  readonly InlineBinary?: string;
}

export type JSONDataSet = Readonly<Record<string, JSONElement>>;

/** The body as JSON. */
export async function json<T>(response: Response): Promise<T> {
  const value: T = JSON.parse(await response.text());
  return value;
}

/** The answers of a search; none for 204. @throws Error on another status than 200 and 204 */
export async function found(response: Response): Promise<readonly JSONDataSet[]> {
  if (response.status === 204) return [];
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return json<JSONDataSet[]>(response);
}

/** The first value of an attribute, as text. */
export const firstValue = (object: JSONDataSet, tag: string): string | undefined => {
  const [value] = object[tag]?.Value ?? [];
  return value === undefined ? undefined : String(value);
};

/** The items of a sequence. */
export function items(object: JSONDataSet, tag: string): readonly JSONDataSet[] {
  const value: readonly JSONDataSet[] = JSON.parse(JSON.stringify(object[tag]?.Value ?? []));
  return value;
}

/** Every element of an object and of the items in it, with its tag. */
export function everyElement(object: JSONDataSet): readonly (readonly [tag: string, element: JSONElement])[] {
  return Object.entries(object).flatMap(([tag, element]) => [
    [tag, element] as const,
    ...(element.vr === 'SQ' ? items(object, tag).flatMap(everyElement) : []),
  ]);
}
