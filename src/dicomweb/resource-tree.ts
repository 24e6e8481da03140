/** The routes as the tree that their paths make: what a Capabilities Description follows from the base on. */
import type { Route } from './routes.js';

export interface Resource {
  /** `/studies/{study}`; '' at the base. */
  readonly template: string;
  /** Those that lead here; none where the path only goes on. */
  readonly routes: readonly Route[];
  readonly children: readonly Resource[];
}

/** Make the tree of these routes from a template on; at first from the base. */
export function resourceTree(routes: readonly Route[], template = ''): Resource {
  const below = routes.filter((route) => route.template.startsWith(`${template}/`));
  const next = new Set(below.map((route) => segmentsIn(route.template.slice(template.length))[0]));
  return {
    template,
    routes: routes.filter((route) => route.template === template),
    children: [...next].map((segment) => resourceTree(routes, `${template}/${segment}`)),
  };
}

/** Find the resource that a path names, whether the UIDs in it stand for anything or not; undefined when there is none. */
export function findResource(resource: Resource, [segment, ...rest]: readonly string[]): Resource | undefined {
  if (segment === undefined) return resource;
  const names = resource.children.map(({ template }) => segmentsIn(template).at(-1) ?? '');
  const literal = names.indexOf(segment);
  const at = literal === -1 ? names.findIndex((name) => name.startsWith('{')) : literal;
  const child = resource.children[at];
  if (child === undefined) return undefined;
  return names[at]?.endsWith('*}') ? child : findResource(child, rest);
}

/** The segments of a template. */
export const segmentsIn = (template: string): readonly string[] => template.split('/').slice(1);
