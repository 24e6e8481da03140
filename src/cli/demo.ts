/**
 * `nccid demo`: a sample archive of made-up patients, made when it is not there, then served, with everything printed that
 * is needed to look at it in a browser and from a terminal.
 */

import { issueToken, type TokenRequest } from '../access/tokens.js';
import type { OpenArchive } from '../archive/open-archive.js';
import { addLicence, listLicences } from '../governance/licences.js';
import { addSite, findSite } from '../governance/sites.js';
import { ctSeries } from '../phantom/ct-series.js';
import { phantomPatient } from '../phantom/patient.js';
import { radiograph } from '../phantom/radiograph.js';
import { type AddCommand, type CommandContext, openKeys, type Settings, withArchive } from './context.js';
import { startProgress } from './progress.js';
import { type StartServer, serveUntilStopped } from './serve.js';

const DATA_FOLDER = './data/demo';
const SITES = ['Northgate General', 'Riverside Infirmary', 'St Aldhelm'] as const;
const PATIENTS = 12;
/** A radiograph and a CT. */
const STUDIES_OF_A_PATIENT = 2;
const RESEARCHER = 'researcher@example.org';
const PROJECT = 'Detecting pneumonia on chest radiographs';
const TOKEN_SECONDS = 12 * 3_600;

export const addDemoCommand =
  (start: StartServer, dicomwebPath: string): AddCommand =>
  (program, context) => {
    program
      .command('demo')
      .description(`serve a sample archive, made in ${DATA_FOLDER} when it is not there`)
      .option('--port <port>', 'TCP port (NCCID_PORT)')
      .option('--host <host>', 'address to listen on (NCCID_HOST)')
      .action(async ({ port, host }: { port?: string; host?: string }) => {
        const settings = context.config({ port, host }, DATA_FOLDER);
        const guide = await withArchive(context, (opened) => prepareDemo(opened, context, settings), settings);
        await serveUntilStopped(start, settings, context, async () => {
          for (const line of guideLines(settings.publicURL, dicomwebPath, guide)) context.print(line);
        });
      });
  };

interface Guide {
  readonly siteToken: string;
  readonly researcherToken: string;
  readonly curatorToken: string;
  /** Of one radiograph that the researcher may see. */
  readonly study: string;
  readonly series: string;
  readonly instance: string;
}

async function prepareDemo(opened: OpenArchive, context: CommandContext, settings: Settings): Promise<Guide> {
  const { database } = opened;
  for (const name of SITES) {
    // Half of the patients of a site go to training; the first site's all, so that the researcher sees some for sure.
    const splitPolicy = name === SITES[0] ? 'training' : 50;
    if ((await findSite(database, name)) === undefined) await addSite(database, { name, splitPolicy }, context.now());
  }
  await storePatients(opened, context);
  const issuer = { keys: await openKeys(context, opened, settings), database, now: context.now };
  const issue = async (request: TokenRequest) => (await issueToken(issuer, request, TOKEN_SECONDS)).token;
  return {
    siteToken: await issue({ kind: 'site', site: SITES[0] }),
    researcherToken: await issue({
      kind: 'licence',
      reference: await licenceReference(opened, context),
      person: RESEARCHER,
    }),
    curatorToken: await issue({ kind: 'curator' }),
    ...(await visibleRadiograph(opened)),
  };
}

/** The licence of the demo: radiographs and CT of every site, of patients for training. */
async function licenceReference({ database }: OpenArchive, { now }: CommandContext): Promise<string> {
  const today = new Date(now()).toISOString().slice(0, 10);
  const licences = await listLicences(database);
  const existing = licences.find(
    ({ project, status, until }) => project === PROJECT && status === 'active' && until >= today,
  );
  return existing?.reference ?? addLicence(database, { project: PROJECT, kinds: ['xray', 'ct'] }, now());
}

/** Make and store the patients that are not there yet; what broke off goes on where it was. */
async function storePatients(opened: OpenArchive, context: CommandContext): Promise<void> {
  const { studies } = await opened.database.read
    .selectFrom('study')
    .select((eb) => eb.fn.countAll<number>().as('studies'))
    .executeTakeFirstOrThrow();
  if (studies >= PATIENTS * STUDIES_OF_A_PATIENT) return;
  context.printError('Making a sample archive; it takes a minute, once.');
  const progress = startProgress(context, PATIENTS, 'patients');
  for (let seed = 0; seed < PATIENTS; seed += 1) {
    await storePatient(opened, seed);
    progress.advance();
  }
  progress.stop();
}

async function storePatient({ archive, database }: OpenArchive, seed: number): Promise<void> {
  const name = SITES[seed % SITES.length] ?? SITES[0];
  const site = await findSite(database, name);
  if (site === undefined) throw new Error('A site that was added is there.');
  const patient = phantomPatient(seed, { positive: seed % 2 === 0, site: name });
  const scoped = archive.as({ kind: 'site', siteID: site.id });
  const { outcomes, failure, diskFailure } = await scoped.store({
    expectedStudy: undefined,
    parts: partsOf([radiograph(patient)], ctSeries(patient)),
  });
  if ((failure ?? diskFailure) !== undefined) throw failure ?? diskFailure;
  const refused = outcomes.find(({ outcome }) => outcome === 'refused');
  if (refused?.outcome === 'refused') throw new Error(`A made-up instance was refused: ${refused.explanation}`);
}

async function* partsOf(...lists: readonly Iterable<Buffer>[]): AsyncGenerator<AsyncIterable<Buffer>> {
  for (const list of lists) for (const file of list) yield onePiece(file);
}

async function* onePiece(file: Buffer): AsyncGenerator<Buffer> {
  yield file;
}

async function visibleRadiograph({ database }: OpenArchive): Promise<Pick<Guide, 'study' | 'series' | 'instance'>> {
  return database.read
    .selectFrom('instance')
    .innerJoin('series', 'series.id', 'instance.series_row_id')
    .innerJoin('study', 'study.id', 'instance.study_row_id')
    .where('series.kind', '=', 'xray')
    .where('series.split', '=', 'training')
    .select([
      'study.study_instance_uid as study',
      'series.series_instance_uid as series',
      'instance.sop_instance_uid as instance',
    ])
    .orderBy('instance.id')
    .executeTakeFirstOrThrow();
}

function guideLines(publicURL: string, dicomwebPath: string, guide: Guide): readonly string[] {
  const { siteToken, researcherToken, curatorToken, study, series, instance } = guide;
  const base = `${publicURL}${dicomwebPath}`;
  const authorization = `-H 'Authorization: Bearer ${researcherToken}'`;
  const frame = `${base}/studies/${study}/series/${series}/instances/${instance}/frames/1`;
  return [
    '',
    'The viewer, signed in with one click as a curator, who sees everything:',
    `  ${publicURL}/sign-in#${curatorToken}`,
    `The viewer, signed in with one click as a researcher (${RESEARCHER}), who sees what the licence covers:`,
    `  ${publicURL}/sign-in#${researcherToken}`,
    '',
    'DICOMweb service:',
    `  ${base}`,
    '',
    `Token of a site (${SITES[0]}), to store and to search:`,
    `  ${siteToken}`,
    `Token of a researcher (${RESEARCHER}), to search and to retrieve what the licence covers:`,
    `  ${researcherToken}`,
    'Token of a curator, for everything:',
    `  ${curatorToken}`,
    '',
    'Search for studies as the researcher:',
    `  curl -sS ${authorization} '${base}/studies'`,
    'Read the metadata of a study:',
    `  curl -sS ${authorization} '${base}/studies/${study}/metadata'`,
    'Retrieve a frame into a file:',
    `  curl -sS ${authorization} -H 'Accept: application/octet-stream' -o frame.raw '${frame}'`,
    '',
    'The tokens are good for twelve hours. Ctrl-C stops the server.',
  ];
}
