/** Finds the route of a path. Segments are decoded one by one, so that nothing in them can become a slash or a step up. */
import { invalidRequest, notFound } from '../errors.js';
import { ProblemDetails } from './problem.js';
import type { Route } from './routes.js';

export interface MatchedRoute {
  readonly route: Route;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** A route whose template has been read. */
interface Entry {
  readonly route: Route;
  readonly parts: readonly Part[];
  readonly variableCount: number;
}

type Part = { readonly kind: 'name' | 'variable' | 'rest'; readonly name: string };

interface MatchedResource {
  readonly segments: readonly string[];
  readonly entries: readonly Entry[];
}

const WITHOUT_ROUTE = ['OPTIONS'];

export class RouteTable {
  readonly routes: readonly Route[];
  readonly #entries: readonly Entry[];

  constructor(routes: readonly Route[]) {
    this.routes = routes;
    this.#entries = routes.map((route) => {
      const parts = route.template.split('/').slice(1).map(partOf);
      return { route, parts, variableCount: parts.filter(({ kind }) => kind !== 'name').length };
    });
  }

  /** The methods a path can be asked with; none when there is no such resource. */
  allowedMethods(path: string): readonly string[] {
    const methods = this.#resourceAt(path).entries.map(({ route }) => route.method);
    if (methods.length === 0) return [];
    return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))), ...WITHOUT_ROUTE];
  }

  /** @throws ArchiveError `not-found`, `method-not-allowed` with Allow, or `invalid-request` for a bad escape */
  match(method: string, path: string): MatchedRoute {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const { segments, entries } = this.#resourceAt(path);
    const found = entries.find(({ route }) => route.method === wanted);
    if (found !== undefined) return { route: found.route, variables: variablesOf(found, segments) };
    const allowed = this.allowedMethods(path);
    if (allowed.length === 0) throw notFound();
    throw new ProblemDetails('method-not-allowed', 'The resource can not be asked with this method.', {
      headers: { Allow: allowed.join(', ') },
    });
  }

  /** A slash at the end means nothing; or else that what should come after it is empty, such as a list of frames. */
  #resourceAt(path: string): MatchedResource {
    const segments = segmentsOf(path);
    const entries = this.#entriesOf(segments);
    if (entries.length > 0 || !path.endsWith('/')) return { segments, entries };
    const withEmpty = [...segments, ''];
    return { segments: withEmpty, entries: this.#entriesOf(withEmpty) };
  }

  /** The routes of one resource: a name that stands in a template is not taken for the value of a variable. */
  #entriesOf(segments: readonly string[]): readonly Entry[] {
    const matching = this.#entries.filter(({ parts }) => isMatch(parts, segments));
    const fewest = Math.min(...matching.map(({ variableCount }) => variableCount));
    return matching.filter(({ variableCount }) => variableCount === fewest);
  }
}

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

function partOf(text: string): Part {
  if (text.endsWith('*}')) return { kind: 'rest', name: text.slice(1, -2) };
  return text.startsWith('{') ? { kind: 'variable', name: text.slice(1, -1) } : { kind: 'name', name: text };
}

function isMatch(parts: readonly Part[], segments: readonly string[]): boolean {
  const takesRest = parts.at(-1)?.kind === 'rest';
  if (takesRest ? segments.length < parts.length : segments.length !== parts.length) return false;
  return parts.every(({ kind, name }, i) => kind !== 'name' || name === segments[i]);
}

function variablesOf({ parts }: Entry, segments: readonly string[]): MatchedRoute['variables'] {
  const values = parts.map(({ kind, name }, i) => {
    const value = kind === 'rest' ? segments.slice(i).join('/') : segments[i];
    return [kind, name, value] as const;
  });
  return Object.fromEntries(values.flatMap(([kind, name, value]) => (kind === 'name' ? [] : [[name, value]])));
}
