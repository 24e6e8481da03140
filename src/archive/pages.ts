/** The rows of a table, a page at a time, in the order of their ids; nothing is held open in between. */
export async function* pages<Row extends { readonly id: number }>(
  readAfter: (lastID: number) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  for (let lastID: number | undefined = 0; lastID !== undefined; ) {
    const page: readonly Row[] = await readAfter(lastID);
    yield page;
    lastID = page.at(-1)?.id;
  }
}
