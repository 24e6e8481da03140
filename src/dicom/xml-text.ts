/** Text as XML 1.0 writes it. */

/** What XML 1.0 has no way to write, not even as a reference: most control characters, half characters, U+FFFE and U+FFFF. */
const UNWRITABLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SPECIAL = /[&<>"\r\n\t]/g;
const ANY = /[\u0000-\u001f&<>"\ud800-\udfff\ufffe\uffff]/;

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/**
 * Write text so that it comes back as it is, as content or as an attribute in double quotes. A character that XML 1.0 can
 * not hold becomes U+FFFD.
 */
export function xmlText(text: string): string {
  if (!ANY.test(text)) return text;
  return text.replace(UNWRITABLE, '\ufffd').replace(SPECIAL, (character) => REFERENCES[character] ?? character);
}
