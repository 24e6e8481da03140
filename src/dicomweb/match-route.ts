/** Finds the route of a path. Segments are decoded one by one, so that nothing in them can become a slash or a step up. */
import { invalidRequest, notFound } from '../errors.js';
import { ProblemDetails } from './problem.js';
import type { Route } from './routes.js';

export interface MatchedRoute {
  readonly route: Route;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

const WITHOUT_ROUTE = ['OPTIONS'];

/** The methods a path can be asked with; none when there is no such resource. */
export function allowedMethods(routes: readonly Route[], path: string): readonly string[] {
  const methods = resourceAt(routes, path).routes.map(({ method }) => method);
  if (methods.length === 0) return [];
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))), ...WITHOUT_ROUTE];
}

/** @throws ArchiveError `not-found`, `method-not-allowed` with Allow, or `invalid-request` for a bad escape */
export function matchRoute(routes: readonly Route[], method: string, path: string): MatchedRoute {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const { segments, routes: ofResource } = resourceAt(routes, path);
  for (const route of ofResource) {
    const variables = route.method === wanted ? matchTemplate(route.template, segments) : undefined;
    if (variables !== undefined) return { route, variables };
  }
  const allowed = allowedMethods(routes, path);
  if (allowed.length === 0) throw notFound();
  throw new ProblemDetails('method-not-allowed', 'The resource can not be asked with this method.', {
    headers: { Allow: allowed.join(', ') },
  });
}

interface MatchedResource {
  readonly segments: readonly string[];
  readonly routes: readonly Route[];
}

/** A slash at the end means nothing; or else that what should come after it is empty, such as a list of frames. */
function resourceAt(routes: readonly Route[], path: string): MatchedResource {
  const segments = segmentsOf(path);
  const found = routesOf(routes, segments);
  if (found.length > 0 || !path.endsWith('/')) return { segments, routes: found };
  const withEmpty = [...segments, ''];
  return { segments: withEmpty, routes: routesOf(routes, withEmpty) };
}

/** The routes of one resource: a name that stands in a template is not taken for the value of a variable. */
function routesOf(routes: readonly Route[], segments: readonly string[]): readonly Route[] {
  const matching = routes.filter(({ template }) => matchTemplate(template, segments));
  const fewest = Math.min(...matching.map(variablesOf));
  return matching.filter((route) => variablesOf(route) === fewest);
}

const variablesOf = ({ template }: Route): number => template.split('{').length;

/** The segments of a path, decoded. @throws ArchiveError `invalid-request` for a bad escape */
export function segmentsOf(path: string): readonly string[] {
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path;
  return trimmed.split('/').slice(1).map(decodeSegment);
}

function decodeSegment(segment: string): string {
  try {
    const text = decodeURIComponent(segment);
    if (!text.includes('\0')) return text;
  } catch {
    // Told below as every bad escape is.
  }
  throw invalidRequest('The path holds an escape that stands for no character.');
}

function matchTemplate(
  template: string,
  segments: readonly string[],
): Readonly<Record<string, string | undefined>> | undefined {
  const variables = new Map<string, string>();
  const parts = template.split('/').slice(1);
  for (const [i, part] of parts.entries()) {
    const segment = segments[i];
    if (segment === undefined) return undefined;
    if (part.endsWith('*}')) {
      variables.set(part.slice(1, -2), segments.slice(i).join('/'));
      return Object.fromEntries(variables);
    }
    if (part.startsWith('{')) variables.set(part.slice(1, -1), segment);
    else if (part !== segment) return undefined;
  }
  return segments.length === parts.length ? Object.fromEntries(variables) : undefined;
}
