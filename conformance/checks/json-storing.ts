/** PS3.18 Annex F on the way in: DICOM JSON that is stored, and what comes of it. */
import { randomBytes } from 'node:crypto';
import { type Check, check, DICOM_TYPE, instanceURL, JSON_TYPE, OCTETS_TYPE, type Trial } from '../check.js';
import { writeDICOMJSON } from '../dicom/dicom-json.js';
import { differences, type ReadDataSet, type ReadElement, readDataSet, readPart10 } from '../dicom/part10-reader.js';
import { encodeDataSet } from '../dicom/part10-writer.js';
import { SYNTAX } from '../dicom/syntaxes.js';
import type { Fixture } from '../fixtures/fixture.js';
import { type PartToSend, writeMultipart } from '../wire/multipart.js';
import { bulkdataURIs } from './bulkdata-uris.js';
import { freshImage, referencedIn, send } from './storing.js';
import { onlyPart } from './transfer-syntaxes.js';

const TYPE = 'multipart/related; type="application/dicom+json"; boundary=b';

/** A fixture as another instance, of another study of another patient: no search for the one finds the other. */
function renamed(t: Trial, fixture: Fixture) {
  const uid = (): string => `2.25.${BigInt(`0x${randomBytes(14).toString('hex')}`)}`;
  const names = new Map([
    [fixture.study, uid()],
    [fixture.series, uid()],
    [fixture.instance, uid()],
  ]);
  const study = names.get(fixture.study) ?? '';
  t.session.studies.add(study);
  const { id } = t.session.run;
  const value = (text: string): string =>
    names.get(text) ?? (text === id || text.startsWith(`${id}-`) ? text.replace(id, `${id}J`) : text);
  return {
    subject: { study, series: names.get(fixture.series) ?? '', instance: names.get(fixture.instance) ?? '' },
    elements: fixture.elements.map((one) =>
      typeof one.value === 'string' ? { ...one, value: value(one.value) } : one,
    ),
    inText: (text: string) => text.replace(/"[^"\\]*"/g, (quoted) => `"${value(quoted.slice(1, -1))}"`),
  };
}

/** DS and IS as the numbers that they are: how their digits are written is not part of the model. */
const plain = (elements: ReadDataSet): ReadDataSet =>
  elements.map((one): ReadElement => {
    if (one.items !== undefined) return { ...one, items: one.items.map(plain) };
    if (one.vr !== 'DS' && one.vr !== 'IS') return one;
    const values = one.bytes
      .toString('latin1')
      .split('\\')
      .map((text) => (text.trim() === '' ? '' : String(Number(text))));
    return { ...one, bytes: Buffer.from(values.join('\\')) };
  });

async function roundTrip(t: Trial, fixture: Fixture): Promise<void> {
  const answer = await t.got(`${instanceURL(fixture)}/metadata`, JSON_TYPE);
  const text = answer.body.toString('utf8');
  const { subject, elements, inText } = renamed(t, fixture);
  const parts: PartToSend[] = [{ type: `${JSON_TYPE}; transfer-syntax=${SYNTAX.explicitLittle}`, body: inText(text) }];
  for (const [, { BulkDataURI }] of await sentURIs(t, fixture, text)) {
    const body = onlyPart(t, await t.parts(BulkDataURI.absolute, OCTETS_TYPE)).body;
    parts.push({ type: 'application/octet-stream', body, headers: { 'Content-Location': BulkDataURI.written } });
  }
  const stored = await send(t, writeMultipart(parts, 'b'), TYPE);
  t.status(stored, 200, 202);
  t.equal(referencedIn(stored), [subject.instance], `instances stored from the metadata of ${fixture.name}`);
  const file = readPart10(onlyPart(t, await t.parts(instanceURL(subject), DICOM_TYPE)).body);
  const expected = readDataSet(encodeDataSet(elements, SYNTAX.explicitLittle), SYNTAX.explicitLittle);
  const other = differences(plain(expected), plain(file.elements)).filter((one) => !one.startsWith('04000561'));
  t.none(other, `the elements of ${fixture.name}`);
}

/** The BulkDataURIs as the text has them, and where they lead. */
async function sentURIs(t: Trial, fixture: Fixture, text: string) {
  const written = [...text.matchAll(/"BulkDataURI"\s*:\s*("(?:[^"\\]|\\.)*")/g)].map(([, uri = '""']): string =>
    JSON.parse(uri),
  );
  const absolute = [...(await bulkdataURIs(t, fixture)).entries()];
  return absolute.map(
    ([path, uri], i) => [path, { BulkDataURI: { absolute: uri, written: written[i] ?? uri } }] as const,
  );
}

export const JSON_STORING_CHECKS: readonly Check[] = [
  check('J-24', 'M', 'Annex F', 'Part 10, JSON, stored as JSON, Part 10: equal element by element', async (t) => {
    t.stores();
    for (const fixture of t.fixtures('CT', 'SR', 'PRIV', 'EMPTY', 'NUM', 'PLUS', 'PDF')) await roundTrip(t, fixture);
  }),
  check('J-26', 'P', 'security', 'JSON that is none of the model is refused, and breaks nothing', async (t) => {
    t.stores();
    const post = (body: string) => send(t, writeMultipart([{ type: JSON_TYPE, body }], 'b'), TYPE);
    const probe = await post('[');
    if (probe.status === 415) t.skip('storing JSON is not offered (415)');
    t.status(probe, 400);
    const image = freshImage(t);
    const good = JSON.stringify([writeDICOMJSON(image.elements)]);
    const deep = `${'{"00081140":{"vr":"SQ","Value":['.repeat(5_000)}{}${']}}'.repeat(5_000)}`;
    for (const [what, body] of [
      ['nesting of 5,000 sequences', `[${deep}]`],
      ['an unknown VR', good.replace('"vr":"CS"', '"vr":"ZZ"')],
      ['the same tag twice', good.replace('"00080005"', '"00080060":{"vr":"CS","Value":["MR"]},"00080005"')],
      ['a prototype for a name', good.replace('{"00080005"', '{"__proto__":{"vr":"CS","Value":["MR"]},"00080005"')],
      ['a number for a text', good.replace('"Value":["CT"]', '"Value":[{"x":1}]')],
    ] as const) {
      const { status } = await post(body);
      t.expect(status === 400 || status === 409, `400 or 409 for ${what}`, status);
    }
    const lower = freshImage(t);
    const text = JSON.stringify([writeDICOMJSON(lower.elements)]).replaceAll(/"([0-9A-F]{8})":/g, (all) =>
      all.toLowerCase(),
    );
    const answer = await post(text);
    t.status(answer, 200, 202, 400, 409);
    if (answer.status >= 400) t.note('tags in lower case are refused');
  }),
];
