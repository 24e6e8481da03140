/** What a Capabilities Description advertises, as WADL and as JSON. PS3.18 Annexes G and H */
import type { XMLElement } from '../dicom/xml.js';

export interface Advertised {
  /** Below the base, with its variables in braces. */
  readonly path: string;
  readonly method: string;
  /** Names of the parameters of a request, in the query or in a header. */
  readonly parameters: readonly string[];
  /** Media types of the answers. */
  readonly mediaTypes: readonly string[];
}

/** One node of either form: what it is, its attributes, what it holds. */
interface Node {
  attribute(name: string): string | undefined;
  children(name: string): readonly Node[];
}

const nodeOfXML = (element: XMLElement): Node => ({
  attribute: (name) => element.attributes.get(name),
  children: (name) => element.children.filter((child) => child.name === name).map(nodeOfXML),
});

/** Attributes are members that begin with `@`; what there may be many of is an array, but a single one is read as well. */
const nodeOfJSON = (value: unknown): Node => {
  const members = new Map(Object.entries(typeof value === 'object' && value !== null ? value : {}));
  return {
    attribute: (name) => {
      const text: unknown = members.get(`@${name}`);
      return typeof text === 'string' ? text : undefined;
    },
    children: (name) => {
      const found: unknown = members.get(name);
      return found === undefined ? [] : [found].flat().map(nodeOfJSON);
    },
  };
};

/** The elements `resources` of a WADL document. */
export const resourcesOfXML = (root: XMLElement): readonly Node[] => nodeOfXML(root).children('resources');

/** The elements `resources` of its JSON. */
export const resourcesOfJSON = (json: unknown): readonly Node[] =>
  nodeOfJSON(json)
    .children('application')
    .flatMap((application) => application.children('resources'));

/** Every method of every resource. */
export function advertisedIn(resources: readonly Node[]): readonly Advertised[] {
  const walk = (parent: Node, above: string): readonly Advertised[] =>
    parent.children('resource').flatMap((resource) => {
      const path = joined(above, resource.attribute('path') ?? '');
      const shared = namesOf([resource]);
      const methods = resource.children('method').map((method) => advertised(path, method, shared));
      return [...methods, ...walk(resource, path)];
    });
  return resources.flatMap((one) => walk(one, ''));
}

const joined = (above: string, path: string): string =>
  `/${[above, path].join('/').split('/').filter(Boolean).join('/')}`;

const namesOf = (holders: readonly Node[]): readonly string[] =>
  holders.flatMap((holder) => holder.children('param').flatMap((param) => param.attribute('name') ?? []));

function advertised(path: string, method: Node, shared: readonly string[]): Advertised {
  const representations = method.children('response').flatMap((response) => response.children('representation'));
  return {
    path,
    method: method.attribute('name') ?? '',
    parameters: [...shared, ...namesOf(method.children('request'))],
    mediaTypes: representations.flatMap((one) => one.attribute('mediaType') ?? []),
  };
}
