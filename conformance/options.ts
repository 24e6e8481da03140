/** The command line of the suite. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly url: string;
  readonly token: string | undefined;
  readonly storeToken: string | undefined;
  readonly outsiderToken: string | undefined;
  readonly partialToken: string | undefined;
  readonly coercingToken: string | undefined;
  readonly wadoURI: string | undefined;
  /** IDs of the checks to run, or how they begin with a dash at the end; undefined for all. */
  readonly only: readonly string[] | undefined;
  readonly json: string | undefined;
  readonly junit: string | undefined;
  readonly html: string | undefined;
  readonly isReadOnly: boolean;
  readonly isHelp: boolean;
}

/** What the caller has to correct. */
export class UsageError extends Error {}

export const USAGE = `Usage: npm run conformance -- --url URL [options]

  --url URL             base URI of the DICOMweb services, as https://pacs.example/dicom-web
  --token T             Bearer token of the requests that read
  --store-token T       Bearer token of those that store and delete; without it, that of --token
  --outsider-token T    Bearer token of a caller who may not see what the suite stores (ST-03)
  --partial-token T     Bearer token of a caller who may see some of the series that it stores (RI-10)
  --coercing-token T    Bearer token of a sender in whose data the server changes attributes (SW-21)
  --wado-uri URL        where the URI service is; without it, the base URI
  --only ID,...         these checks only: QD-06, or all that begin so: QD-
  --read-only           store nothing: look at what is there
  --json FILE           write the results as JSON
  --junit FILE          write the results as JUnit XML
  --html FILE           write the results as a page by itself
  --help                print this

It stores some 80 small synthetic instances in studies of its own and deletes them at the end, where the server lets it.
It exits with 0 when every requirement of level M holds, with 1 when one does not, with 2 when it could not run.`;

/** @throws UsageError */
export function parseOptions(args: readonly string[], ids: readonly string[]): Options {
  const { values } = parsed(args);
  const isHelp = values.help ?? false;
  if (values.url === undefined && !isHelp) throw new UsageError('--url is missing.');
  for (const [name, url] of [
    ['--url', values.url],
    ['--wado-uri', values['wado-uri']],
  ] as const) {
    if (url !== undefined && !/^https?:\/\/[^/?#]+[^?#]*$/.test(url))
      throw new UsageError(`${name} is no http(s) URL.`);
  }
  return {
    url: values.url ?? '',
    token: values.token,
    storeToken: values['store-token'] ?? values.token,
    outsiderToken: values['outsider-token'],
    partialToken: values['partial-token'],
    coercingToken: values['coercing-token'],
    wadoURI: values['wado-uri'],
    only: onlyOf(values.only, ids),
    json: values.json,
    junit: values.junit,
    html: values.html,
    isReadOnly: values['read-only'] ?? false,
    isHelp,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        token: { type: 'string' },
        'store-token': { type: 'string' },
        'outsider-token': { type: 'string' },
        'partial-token': { type: 'string' },
        'coercing-token': { type: 'string' },
        'wado-uri': { type: 'string' },
        only: { type: 'string' },
        json: { type: 'string' },
        junit: { type: 'string' },
        html: { type: 'string' },
        'read-only': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Whether a word of `--only` means this check. */
export const isMeant = (word: string, id: string): boolean => (word.endsWith('-') ? id.startsWith(word) : id === word);

function onlyOf(text: string | undefined, ids: readonly string[]): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const words = text.split(',').map((word) => word.trim().toUpperCase());
  const unknown = words.filter((word) => !ids.some((id) => isMeant(word, id)));
  if (unknown.length > 0) throw new UsageError(`There is no check ${unknown.join(', ')}.`);
  return words;
}
