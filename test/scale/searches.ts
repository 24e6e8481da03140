/** What is searched in a synthetic index: the questions of viewers, researchers and programs, each with the answers it must have. */
import { dateOf, type SyntheticStudy, syntheticStudy } from './synthetic-index.js';

export interface Search {
  readonly name: string;
  /** The query of the `n`th time that it is asked. */
  readonly query: (n: number) => string;
  /** How many studies answer it; undefined where that is not the point. */
  readonly count: (n: number) => number;
}

const MODALITIES = ['CT', 'DX', 'CR', 'MR'];
const MONTH_DAYS = 28;
const MONTHS = 64;
const MONTH_LIMIT = 200;
const NAME_LIMIT = 500;
const SURNAMES = 200;
const scatter = (n: number, modulus: number): number => (Math.imul(n + 1, 40_503) >>> 0) % modulus;

/** The searches of an index of so many studies. */
export function searchesOf(studies: number): readonly Search[] {
  const months = monthsOf(studies);
  const month = (n: number): Month => months[n % MONTHS] ?? months[0] ?? { from: '', to: '', modality: '', count: 0 };
  const patients = (surname: number): number => Math.floor((Math.floor(studies / 2) - 1 - surname) / SURNAMES) + 1;
  return [
    { name: 'PatientID', query: (n) => `PatientID=${asked(n, studies).patientID}`, count: () => 2 },
    {
      name: 'StudyInstanceUID',
      query: (n) => `StudyInstanceUID=${asked(n, studies).studyInstanceUID}`,
      count: () => 1,
    },
    {
      name: '28 days and modality',
      query: (n) =>
        `StudyDate=${month(n).from}-${month(n).to}&ModalitiesInStudy=${month(n).modality}&limit=${MONTH_LIMIT}`,
      count: (n) => Math.min(MONTH_LIMIT, month(n).count),
    },
    {
      name: 'PatientName=SURNAME*',
      query: (n) => `PatientName=${asked(n, studies).surname}*&limit=${NAME_LIMIT}`,
      count: (n) => Math.min(NAME_LIMIT, 2 * patients(Number(asked(n, studies).surname.slice(-3)))),
    },
    {
      name: 'PatientID=*DIGITS*',
      query: (n) => `PatientID=*${asked(n, studies).patientID.slice(1)}*&limit=100`,
      count: () => 2,
    },
    {
      name: 'fuzzy name',
      query: (n) => `PatientName=${fuzzyName(asked(n, studies))}&fuzzymatching=true&limit=100`,
      count: () => 2,
    },
    {
      name: 'StudyDescription=*7*',
      query: () => 'StudyDescription=*study%207*&limit=100',
      count: () => 100,
    },
    { name: 'limit=100', query: () => 'limit=100', count: () => 100 },
    { name: 'limit=100, last page', query: () => `limit=100&offset=${studies - 100}`, count: () => 100 },
    {
      name: 'OHIF list',
      query: () => 'limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060',
      count: () => 101,
    },
  ];
}

/** Given name and surname, cut short: the other way round than they are kept. */
const fuzzyName = ({ patientID, surname }: SyntheticStudy): string =>
  `given${patientID.slice(-7)}%20${surname.slice(0, -1).toLowerCase()}`;

const asked = (n: number, studies: number): SyntheticStudy => syntheticStudy(scatter(n, studies));

interface Month {
  readonly from: string;
  readonly to: string;
  readonly modality: string;
  readonly count: number;
}

/** Counted in one pass over all studies. */
function monthsOf(studies: number): readonly Month[] {
  const perDay = new Map<string, number>();
  for (let n = 0; n < studies; n++) {
    const { studyDate, modality } = syntheticStudy(n);
    const key = `${studyDate} ${modality}`;
    perDay.set(key, (perDay.get(key) ?? 0) + 1);
  }
  return Array.from({ length: MONTHS }, (_, n) => {
    const first = scatter(n, 7_200);
    const modality = MODALITIES[n % MODALITIES.length] ?? '';
    const days = Array.from({ length: MONTH_DAYS }, (_, day) => dateOf(first + day));
    const count = days.reduce((sum, day) => sum + (perDay.get(`${day} ${modality}`) ?? 0), 0);
    return { from: days[0] ?? '', to: days.at(-1) ?? '', modality, count };
  });
}
