/** PS3.18 §8.3.3.2, §8.8 and Annex F.2: character sets of answers. */
import { type Check, check, instanceURL, JSON_TYPE, type Trial } from '../check.js';
import { firstOf, nameOf, readDataSets, valuesOf } from '../dicom/dicom-json.js';
import type { Answer } from '../wire/client.js';
import { parseMediaType } from '../wire/media-type.js';

const metadataURL = (t: Trial): string => `${instanceURL(t.subject())}/metadata`;

/** The character set that an answer says it is in; UTF-8 when it says nothing, as its media type has it. */
const charsetOf = (answer: Answer): string =>
  (parseMediaType(answer.header('Content-Type') ?? '').parameters.get('charset') ?? 'utf-8').toLowerCase();

async function isUTF8(t: Trial, target: string, accept: string, headers = {}): Promise<void> {
  const answer = await t.got(target, accept, headers);
  t.equal(charsetOf(answer), 'utf-8', 'the character set of the answer');
  new TextDecoder('utf-8', { fatal: true }).decode(answer.body);
}

export const CHARACTER_SET_CHECKS: readonly Check[] = [
  check('CS-01', 'M', '8.8', 'UTF-8 is taken wherever it is asked for', async (t) => {
    await isUTF8(t, `${metadataURL(t)}?charset=utf-8`, JSON_TYPE);
    await isUTF8(t, metadataURL(t), `${JSON_TYPE}; charset=utf-8`);
    await isUTF8(t, metadataURL(t), JSON_TYPE, { 'Accept-Charset': 'utf-8' });
  }),
  check('CS-02', 'M', '8.3.3.2', 'an unsupported charset parameter is ignored', async (t) => {
    await isUTF8(t, `${metadataURL(t)}?charset=klingon`, JSON_TYPE);
  }),
  check('CS-03', 'M', '8.8.4, 8.8.5', 'an Accept-Charset that can not be met is 406', async (t) => {
    const answer = await t.get(metadataURL(t), JSON_TYPE, { 'Accept-Charset': 'iso-8859-5' });
    t.status(answer, 200, 406);
    if (answer.status === 200) t.equal(charsetOf(answer), 'iso-8859-5', 'the character set of a 200');
    t.status(await t.get(metadataURL(t), JSON_TYPE, { 'Accept-Charset': 'iso-8859-5;q=0.9, *;q=0.1' }), 200);
  }),
  check('CS-04', 'M', '8.8.5', 'media type before parameter before header', async (t) => {
    const other = { 'Accept-Charset': 'iso-8859-5' };
    await isUTF8(t, `${metadataURL(t)}?charset=utf-8`, JSON_TYPE, other);
    await isUTF8(t, metadataURL(t), `${JSON_TYPE}; charset=utf-8`, other);
  }),
  check('CS-05', 'M', '8.8.5', 'what the character set has no glyphs for is 406', async (t) => {
    const target = `${instanceURL(t.fixture('NAMESGB'))}/metadata`;
    t.status(await t.get(target, JSON_TYPE, { 'Accept-Charset': 'iso-8859-1' }), 406);
  }),
  check('CS-06', 'M', 'F.2', 'JSON is UTF-8, whatever the instance is in', async (t) => {
    t.fixtures('NAMES87', 'NAMESGB', 'NAMES100', 'NAMESNONE');
    for (const { fixture, groups } of t.session.names) {
      if (!t.session.fixtures.has(fixture.name)) continue;
      const [set] = readDataSets((await t.got(`${instanceURL(fixture)}/metadata`, JSON_TYPE)).body);
      const [name] = valuesOf(set, 'PatientName');
      t.equal(name, groups, `PatientName of ${fixture.name}`);
      const characterSet = firstOf(set, 'SpecificCharacterSet') ?? 'ISO_IR 192';
      if (characterSet !== 'ISO_IR 192') t.note(`SpecificCharacterSet of ${fixture.name} is ${characterSet}`);
      const [found] = readDataSets((await t.got(`/studies?StudyInstanceUID=${fixture.study}`, JSON_TYPE)).body);
      t.equal(nameOf(found, 'PatientName'), groups['Alphabetic'], `PatientName of ${fixture.name} in a search`);
    }
  }),
  check('CS-07', 'O', '8.8', 'defined terms of DICOM name character sets', async (t) => {
    await isUTF8(t, `${metadataURL(t)}?charset=%22ISO_IR%20192%22`, JSON_TYPE);
  }),
  check('CS-08', 'M', 'F.2.4', 'the byte 5CH separates values, whatever it looks like', async (t) => {
    const target = `${instanceURL(t.fixture('NAMES13'))}/metadata`;
    const [set] = readDataSets((await t.got(target, JSON_TYPE)).body);
    t.equal(valuesOf(set, 'SelectorLOValue'), ['A', 'B'], 'the values of an LO in ISO_IR 13');
  }),
];
