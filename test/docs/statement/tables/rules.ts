/** Settings that change what clients see; foremost whether clients in use are served, or the standard to the letter. */
import type { Config } from '../../../../src/config.js';
import { type Rules, rulesOf } from '../../../../src/dicomweb/rules.js';
import { code, markdownTable } from '../markdown-table.js';

const RULES: Readonly<Record<keyof Rules, readonly [what: string, otherwise: string, strict: string]>> = {
  needsAccept: ['no Accept, in header or query (§8.7.5)', 'taken for any', '406'],
  refusesMixedAccept: [
    'Accept with DICOM and rendered media types together (§8.7.5)',
    'those are chosen from that the resource has',
    '400',
  ],
  rendersAllFrames: [
    'a single JPEG, PNG or the like of an image of several frames (Table 8.7.4-1)',
    'its middle frame',
    '406',
  ],
  refusesUnknownKeys: ['a search key that can not be searched by (§8.3)', 'ignored, with a Warning', '400'],
  refusedTransferSyntaxes: [
    'Store of Implicit VR Little Endian or Explicit VR Big Endian (§8.7.3)',
    'stored, converted on the way out',
    '`C122`',
  ],
};

type Visible = keyof Omit<Config, 'places' | 'keyPassphrase' | 'port' | 'host' | 'cacheBytes' | 'viewerFolder'>;

const SETTINGS: Readonly<Record<Visible, readonly [variable: string, effect: string]>> = {
  publicURL: ['NCCID_PUBLIC_URL', 'The base URI, of which all URLs in answers are made.'],
  corsOrigins: ['NCCID_CORS_ORIGINS', 'Pages of which origins may ask from a browser. By default none but its own.'],
  isStrict: ['NCCID_STRICT', 'Whether the standard is kept to the letter, as [Strict](#strict) tells. By default not.'],
};

export function ruleValues() {
  const [otherwise, strict] = [rulesOf(false), rulesOf(true)];
  const names = Object.keys(strict) as (keyof Rules)[];
  const unchanged = names.filter((name) => otherwise[name] === strict[name]);
  if (unchanged.length > 0) throw new Error(`These rules are the same in strict mode: ${unchanged.join(', ')}.`);
  return {
    'strict-rules': markdownTable(
      ['', 'otherwise', 'strict'],
      names.map((name) => RULES[name]),
    ),
    settings: markdownTable(
      ['setting', 'effect'],
      Object.values(SETTINGS).map(([variable, effect]) => [code(variable), effect]),
    ),
  };
}
