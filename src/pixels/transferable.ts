/** The memory of what is sent to another thread. */

/** Each buffer that a value holds, once: those that hold nothing else, for to send one is to lose it. */
export function transferable(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  collect(value, found);
  return [...found];
}

function collect(value: unknown, found: Set<ArrayBuffer>): void {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength) found.add(value.buffer);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) collect(member, found);
}
