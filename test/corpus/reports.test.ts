/** RR-02 over real files: what DCMTK reads in a structured report is in ours, in all three forms; and documents are the same. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import type { DataSet } from '../../src/dicom/data-set.js';
import { readStructuredReport, type StructuredReport } from '../../src/dicom/structured-report.js';
import { readString } from '../../src/dicom/values.js';
import { nonImageRenderings } from '../../src/dicomweb/rendered-non-image.js';
import { reportAsHTML } from '../../src/dicomweb/report/report-html.js';
import { locateReferences, type ReportOptions } from '../../src/dicomweb/report/report-links.js';
import { reportAsText } from '../../src/dicomweb/report/report-text.js';
import { reportAsXML } from '../../src/dicomweb/report/report-xml.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { corpusDir } from '../support/outside-files.js';
import { readWhole } from '../support/read-in-chunks.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = join(corpusDir ?? '', 'sr');
const paths = corpusDir === undefined ? [] : readdirSync(folder).sort();

/** Whether this machine has a program; when not, one line says so. */
function has(program: string): boolean {
  const isThere = spawnSync(program, ['--version']).status === 0;
  if (!isThere) console.info(`Tests with ${program} did not run: it is not there.`);
  return isThere;
}

/** Any relationship, value and constraint is taken; an item that can not be is left out. */
const DUMP = ['-q', '+U8', '+Pl', '+Pc', '+Pn', '+Pu', '-Er', '-Ev', '-Ec', '-Ee', '-Ei'];
const TYPES = 'CONTAINER|TEXT|CODE|NUM|PNAME|DATE|TIME|DATETIME|UIDREF|COMPOSITE|IMAGE|WAVEFORM|SCOORD3D|SCOORD|TCOORD';

interface Dumped {
  /** `1.2.3 TEXT` */
  readonly items: readonly string[];
  readonly meanings: readonly string[];
  readonly texts: readonly string[];
  /** Of instances that are named. */
  readonly uids: readonly string[];
}

function dump(path: string): Dumped {
  const { stdout } = spawnSync('dsrdump', [...DUMP, path], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const lines = stdout.split('\n').map((line) => line.trim());
  const items = lines.flatMap((line) => {
    const [, position, type] = new RegExp(`^([\\d.]+)\\s+<(?:[a-z ]+ )?(${TYPES}):`).exec(line) ?? [];
    return position === undefined || type === undefined ? [] : [`${position} ${type}`];
  });
  const all = (pattern: RegExp): readonly string[] =>
    lines.flatMap((line) => [...line.matchAll(pattern)].map(([, first]) => first ?? ''));
  return {
    items,
    meanings: all(/\([^()"]*,[^()"]*,"([^"]*)"\)/g),
    texts: all(/<(?:[a-z ]+ )?(?:TEXT|UIDREF|NUM):\([^()]*\)="(.*?)"(?: \([^()]*\))?>/g),
    uids: all(/[(,]"([\d.]+)"[,)]/g),
  };
}

/** In one line, as line breaks are those of whoever wraps. */
const flat = (text: string): string => text.replace(/\\[rn]|\s/g, '');

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#10': '',
  '#13': '',
  '#9': '',
};
/** UIDs are attributes of XML. */
const unmarked = (markup: string): string =>
  markup
    .replace(/ (?:sopInstance|frameOfReference)UID="([^"]*)"[^>]*>/g, '>$1')
    .replace(/<[^>]*>/g, '')
    .replace(/&([#\w]+);/g, (all, name: string) => ENTITIES[name] ?? all);

async function read(name: string): Promise<{ dataSet: DataSet; report: StructuredReport; options: ReportOptions }> {
  const { header } = await readWhole(readFileSync(join(folder, name)));
  const report = readStructuredReport(header.dataSet);
  const places = await locateReferences(report);
  const linkOf: ReportOptions['linkOf'] = ({ sopInstanceUID }) =>
    places.has(sopInstanceUID) ? `https://archive/${sopInstanceUID}` : undefined;
  return { dataSet: header.dataSet, report, options: { linkOf } };
}

describe.runIf(corpusDir !== undefined && has('dsrdump'))('reports beside those of DCMTK', () => {
  it.each(paths)('RR-02 says all that DCMTK finds: %s', async (name) => {
    const theirs = dump(join(folder, name));
    const { report, options } = await read(name);
    expect(theirs.items.length).toBeGreaterThan(5);
    expect(theirs.meanings.length).toBeGreaterThan(5);
    const ours = [...report.items()].flatMap((item) =>
      item.position === undefined ? [] : `${item.position} ${item.value.type}`,
    );
    expect(theirs.items.filter((item) => !ours.includes(item))).toEqual([]);
    const forms = {
      html: flat(unmarked([...reportAsHTML(report, options)].join(''))),
      text: flat([...reportAsText(report, options)].join('')),
      xml: flat(unmarked([...reportAsXML(report, options)].join(''))),
    };
    for (const form of Object.values(forms)) {
      expect(theirs.meanings.filter((meaning) => !form.includes(flat(meaning)))).toEqual([]);
      expect(theirs.texts.filter((text) => !form.includes(flat(text)))).toEqual([]);
      expect(theirs.uids.filter((uid) => !form.includes(uid))).toEqual([]);
    }
  });

  it.each(paths)('RR-02 is XML for others too: %s', async (name) => {
    if (!has('xmllint')) return;
    const { report, options } = await read(name);
    const { status, stderr } = spawnSync('xmllint', ['--noout', '-'], {
      input: [...reportAsXML(report, options)].join(''),
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});

const documents = join(corpusDir ?? '', 'encapsulated-doc');
const documentPaths = corpusDir === undefined ? [] : readdirSync(documents).sort();

describe.runIf(corpusDir !== undefined && has('dcm2pdf'))('documents beside those of DCMTK', () => {
  it.each(documentPaths)('RB-05 AMB-10 gives the bytes that DCMTK takes out: %s', async (name) => {
    const file = readFileSync(join(documents, name));
    const fixture = await ArchiveFixture.open();
    await fixture.store(await fixture.addSite('Leeds'), file);
    const archive = fixture.opened.archive.as({ kind: 'everything' });
    const { header } = await readWhole(file);
    const uid = (tag: number): string => readString(header.dataSet, tag) ?? '';
    const instance = await archive.instance({
      studyInstanceUID: uid(TAG.StudyInstanceUID),
      seriesInstanceUID: uid(TAG.SeriesInstanceUID),
      sopInstanceUID: uid(TAG.SOPInstanceUID),
    });
    const forms = await nonImageRenderings({ archive, base: 'https://archive' }, instance);
    expect(forms.map(({ mediaType }) => mediaType)).toEqual(['application/pdf']);
    const pieces: Buffer[] = [];
    const part = await forms[0]?.render();
    if (part !== undefined) for await (const piece of part.bytes()) pieces.push(Buffer.from(piece));
    const theirs = join(temporaryFolder(), 'document.pdf');
    spawnSync('dcm2pdf', [join(documents, name), theirs]);
    expect(Buffer.concat(pieces).equals(readFileSync(theirs))).toBe(true);
    expect(part?.lengthBytes).toBe(readFileSync(theirs).length);
  });
});
