/** Unique Identifiers, PS3.5 §9. Leading zeros in a component are unlawful but common, and tolerated as sent. */

/** Whether `text` is a UID: 1 to 64 characters, components of digits joined by single dots. */
export function isUID(text: string): boolean {
  return text.length <= 64 && /^\d+(?:\.\d+)*$/.test(text);
}
