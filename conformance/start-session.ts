/** The beginning and the end of a run: store the fixtures or find something to ask for, and take away what was stored. */
import { JSON_TYPE, Trial, told } from './check.js';
import { referencedIn, sendFiles } from './checks/storing.js';
import { firstOf, readDataSets } from './dicom/dicom-json.js';
import { allFixtures } from './fixtures/all.js';
import { type Fixture, newRun } from './fixtures/fixture.js';
import { nameFixtures } from './fixtures/values.js';
import type { Session, Subject } from './session.js';
import type { Client } from './wire/client.js';

export interface SessionOptions {
  readonly client: Client;
  readonly isReadOnly: boolean;
  readonly wadoURI: string;
}

/** Store all fixtures, each by itself; in read-only mode look for an instance instead. */
export async function startSession({ client, isReadOnly, wadoURI }: SessionOptions): Promise<Session> {
  const run = newRun();
  const fixtures = new Map<string, Fixture>();
  const refused = new Map<string, string>();
  const session: Session = {
    client,
    run,
    isReadOnly,
    fixtures,
    refused,
    names: nameFixtures(run),
    subject: undefined,
    studies: new Set(),
    wadoURI,
    count: 0,
  };
  if (isReadOnly) return { ...session, subject: await findSubject(new Trial(session)) };
  for (const fixture of allFixtures(run)) {
    session.studies.add(fixture.study);
    const refusal = await storeOne(new Trial(session), fixture);
    if (refusal === undefined) fixtures.set(fixture.name, fixture);
    else refused.set(fixture.name, refusal);
  }
  const subject = fixtures.get('CT') ?? (await findSubject(new Trial(session)));
  return { ...session, subject };
}

async function storeOne(trial: Trial, fixture: Fixture): Promise<string | undefined> {
  try {
    const answer = await sendFiles(trial, [fixture.file]);
    const isStored = [200, 202].includes(answer.status) && referencedIn(answer).includes(fixture.instance);
    return isStored ? undefined : `${answer.status} ${told(answer.body.toString('utf8'))}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** An instance that the reader may see, with Pixel Data if there is one among the first. */
async function findSubject(trial: Trial): Promise<Subject | undefined> {
  const list = async (target: string) => {
    const answer = await trial.get(target, JSON_TYPE).catch(() => undefined);
    return answer?.status === 200 ? readDataSets(answer.body) : [];
  };
  let fallback: Subject | undefined;
  for (const one of (await list('/studies?limit=5')).slice(0, 5)) {
    const study = firstOf(one, 'StudyInstanceUID') ?? '';
    const [series] = await list(`/studies/${study}/series?limit=1`);
    const seriesUID = firstOf(series, 'SeriesInstanceUID') ?? '';
    const [instance] = await list(`/studies/${study}/series/${seriesUID}/instances?limit=1`);
    const instanceUID = firstOf(instance, 'SOPInstanceUID');
    if (instanceUID === undefined) continue;
    const subject = { study, series: seriesUID, instance: instanceUID };
    if (firstOf(instance, 'Rows') !== undefined) return subject;
    fallback ??= subject;
  }
  return fallback;
}

/** Delete the studies of this run. Gives the UIDs of those that may still be there. */
export async function endSession(session: Session): Promise<readonly string[]> {
  const left: string[] = [];
  for (const study of session.studies) {
    const ask = { method: 'DELETE', as: 'storer' } as const;
    const answer = await session.client.ask(`/studies/${study}`, ask).catch(() => undefined);
    if (answer === undefined || ![200, 202, 204, 404, 410].includes(answer.status)) left.push(study);
  }
  return left;
}
