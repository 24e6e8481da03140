/** PS3.18 Chapter 13 and Annex J: storage commitment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, check, JSON_TYPE, type Trial } from '../check.js';
import { firstOf, itemsOf, type JSONDataSet } from '../dicom/dicom-json.js';
import { tagOf } from '../dicom/dictionary.js';
import type { Subject } from '../session.js';
import type { Answer } from '../wire/client.js';

const UNKNOWN = '2.25.161803398874989484820458683436563811772';
const MAX_POLLS = 20;

interface Reference extends Pick<Subject, 'instance'> {
  readonly sopClassUID: string;
}

/** The Storage Commitment Request Module of Table J.1-1. */
const requestFor = (references: readonly Reference[]): JSONDataSet => ({
  [tagOf('ReferencedSOPSequence')]: {
    vr: 'SQ',
    Value: references.map(({ sopClassUID, instance }) => ({
      [tagOf('ReferencedSOPClassUID')]: { vr: 'UI', Value: [sopClassUID] },
      [tagOf('ReferencedSOPInstanceUID')]: { vr: 'UI', Value: [instance] },
    })),
  },
});

/** POST the request. Whether its JSON is an array of one or an object is not said: a server may take either. */
async function request(t: Trial, transaction: string, references: readonly Reference[]): Promise<Answer> {
  const post = (body: unknown): Promise<Answer> =>
    t.ask(`/commitment-requests/${transaction}`, {
      method: 'POST',
      as: 'storer',
      body: JSON.stringify(body),
      headers: { 'Content-Type': JSON_TYPE, Accept: JSON_TYPE },
    });
  const answer = await post([requestFor(references)]);
  t.offered(answer, 'storage commitment');
  return answer.status === 400 ? post(requestFor(references)) : answer;
}

/** The result, now or as soon as there is one. */
async function settled(t: Trial, transaction: string, first: Answer): Promise<JSONDataSet> {
  let answer = first;
  for (let poll = 0; answer.status === 202 && poll < MAX_POLLS; poll++) {
    await sleep(500);
    answer = await t.ask(`/commitment-requests/${transaction}`, { as: 'storer', headers: { Accept: JSON_TYPE } });
  }
  t.status(answer, 200);
  const parsed: unknown = JSON.parse(answer.body.toString('utf8'));
  return (Array.isArray(parsed) ? parsed[0] : parsed) as JSONDataSet;
}

const uids = (set: JSONDataSet, sequence: string): readonly (string | undefined)[] =>
  itemsOf(set, sequence).map((item) => firstOf(item, 'ReferencedSOPInstanceUID'));

export const STORAGE_COMMITMENT_CHECKS: readonly Check[] = [
  check('SC-01', 'O', '13.4', 'a request is answered by what is committed and what is not', async (t) => {
    t.stores();
    const ct = t.fixture('CT');
    const transaction = `${t.session.run.root}.7.1`;
    const absent = { instance: UNKNOWN, sopClassUID: ct.sopClassUID };
    const first = await request(t, transaction, [ct, absent]);
    t.status(first, 200, 202);
    const result = await settled(t, transaction, first);
    t.equal(uids(result, 'ReferencedSOPSequence'), [ct.instance], 'instances committed');
    t.equal(uids(result, 'FailedSOPSequence'), [UNKNOWN], 'instances not committed');
    const [failed] = itemsOf(result, 'FailedSOPSequence');
    t.expect(firstOf(failed, 'FailureReason') !== undefined, 'a Failure Reason', failed);
    t.status(await request(t, transaction, [ct]), 409);
    t.status(await request(t, `${t.session.run.root}.7.2`, []), 400);
  }),
  check('SC-02', 'O', '13.5', 'the result can be asked for again', async (t) => {
    t.stores();
    const ct = t.fixture('CT');
    const transaction = `${t.session.run.root}.7.3`;
    const first = await request(t, transaction, [ct]);
    const result = await settled(t, transaction, first);
    const again = await t.ask(`/commitment-requests/${transaction}`, { as: 'storer', headers: { Accept: JSON_TYPE } });
    t.status(again, 200, 410);
    if (again.status === 200) {
      const parsed: unknown = JSON.parse(again.body.toString('utf8'));
      const [same] = Array.isArray(parsed) ? parsed : [parsed];
      t.equal(
        uids(same as JSONDataSet, 'ReferencedSOPSequence'),
        uids(result, 'ReferencedSOPSequence'),
        'instances committed',
      );
    }
    const never = await t.ask(`/commitment-requests/${t.session.run.root}.7.4`, {
      as: 'storer',
      headers: { Accept: JSON_TYPE },
    });
    t.status(never, 404);
  }),
];
