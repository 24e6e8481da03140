/** All requirements that the suite knows of, and why those have no check that have none. */

/** How many there are under each prefix, numbered from 01. */
const REQUIREMENT_COUNTS: Readonly<Record<string, number>> = {
  ...{ QP: 16, MT: 33, MP: 20, ST: 17, CS: 8, CAP: 7, NT: 1, HT: 14 },
  ...{ URI: 19 },
  ...{ RI: 11, RM: 11, RF: 12, RP: 2, RB: 9, RR: 20, RT: 7 },
  ...{ SW: 38 },
  ...{ QD: 19, QM: 5, QR: 10, MA: 22 },
  ...{ J: 26, X: 3 },
  ...{ UPS: 9, NPI: 3, SC: 2, MPPS: 1 },
};

/** Their IDs, in order. */
export const REQUIREMENTS: readonly string[] = Object.entries(REQUIREMENT_COUNTS).flatMap(([prefix, count]) =>
  Array.from({ length: count }, (_, i) => `${prefix}-${String(i + 1).padStart(2, '0')}`),
);

const WORKLIST = 'The worklist service is optional, and not checked.';
const NON_PATIENT = 'The Non-Patient Instance services are optional, and not checked.';

const WORKLIST_TITLES = [
  'create',
  'retrieve',
  'update',
  'change state',
  'request cancellation',
  'search',
  'subscribe',
  'event reports',
  'not offered, and so not advertised',
];
const NON_PATIENT_TITLES = ['retrieve', 'transactions that are required', 'status codes'];

const numbered = (prefix: string, reason: string, titles: readonly string[]): typeof WITHOUT_CHECK =>
  Object.fromEntries(titles.map((title, i) => [`${prefix}-${String(i + 1).padStart(2, '0')}`, [title, reason]]));

/** What each requirement without a check asks for, and why it has none. */
export const WITHOUT_CHECK: Readonly<Record<string, readonly [title: string, reason: string]>> = {
  'MP-15': [
    'metadata parts come before the bulkdata they refer to',
    'SW-24 and SW-25 send them so; servers answer with no such bodies.',
  ],
  'MP-19': ['answers are streamed', 'The memory of a server is not seen over HTTP.'],
  'MP-20': ['an answer that fails midway does not end cleanly', 'The suite can not break a server’s storage.'],
  'ST-10': ['411 where a length is required', 'SW-08 sends a body without a length and takes it for supported.'],
  'ST-12': ['503 when overloaded', 'The suite does not overload a server.'],
  'ST-13': ['501 for unsupported SOP Classes', '§10.5.3.1 says 409: SW-12 takes either.'],
  'CAP-07': ['the conformance statement tells what is supported', 'It is a document, not a resource.'],
  'RM-10': ['metadata of a large study is fast', 'The suite stores small studies and measures nothing.'],
  'SW-09': ['a parser that can read multipart/related', 'SW-02 to SW-05 show whether there is one.'],
  'SW-36': ['a gate for what identifies a patient', 'It is a server’s own policy; the fixtures identify nobody.'],
  'SW-37': ['a Warning when there is no room', 'The suite does not fill a disk.'],
  'QD-08': ['the most results there are is declared', 'It is in the conformance statement, a document.'],
  'MA-22': [
    'substring search among a million studies is bounded',
    'The suite stores few studies and measures nothing.',
  ],
  ...numbered('UPS', WORKLIST, WORKLIST_TITLES),
  ...numbered('NPI', NON_PATIENT, NON_PATIENT_TITLES),
  ...numbered('MPPS', 'Modality Performed Procedure Steps are optional, and not checked.', ['create']),
};
