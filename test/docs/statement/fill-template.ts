/** The prose of the statement has `{{names}}` where something of the program belongs; here it gets it. */
const PLACE = /\{\{([\w-]+)\}\}/g;

/** @throws Error for a name that has no value, and for a value that has no place */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const named = new Set([...template.matchAll(PLACE)].map(([, name = '']) => name));
  const unplaced = Object.keys(values).filter((name) => !named.has(name));
  if (unplaced.length > 0) throw new Error(`The statement has no place for ${unplaced.join(', ')}.`);
  return template.replace(PLACE, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Nothing is known to stand for {{${name}}}.`);
    return value;
  });
}
