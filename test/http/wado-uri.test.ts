/** The URI service: one instance named by parameters of the query. PS3.18 Chapter 9 */
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import {
  type Attributes,
  bytesOf,
  codeStream,
  dataSetOfKeywords,
  digest,
  type MadeInstance,
  makeInstance,
  SYNTAX,
  uidOf,
} from './instances.js';
import { spoilFile } from './stored-blob.js';
import { ask, type WireAnswer } from './wire.js';

const DICOM = 'application/dicom';
const PRESENTATION_STATE = '1.2.840.10008.5.1.4.1.1.11.1';

/** The attributes of a Presentation State that shows an instance. */
const presenting = ({ seriesInstanceUID, sopClassUID, sopInstanceUID }: MadeInstance): Attributes => ({
  Modality: 'PR',
  SOPClassUID: PRESENTATION_STATE,
  ReferencedSeriesSequence: [
    dataSetOfKeywords({
      SeriesInstanceUID: seriesInstanceUID,
      ReferencedImageSequence: [
        dataSetOfKeywords({ ReferencedSOPClassUID: sopClassUID, ReferencedSOPInstanceUID: sopInstanceUID }),
      ],
    }),
  ],
});

const ct = makeInstance({ study: 'uri' });
const implicit = makeInstance({ study: 'uri cr', modality: 'CR', transferSyntaxUID: SYNTAX.implicit });
const jpeg2000 = makeInstance({
  study: 'uri j2k',
  transferSyntaxUID: SYNTAX.jpeg2000,
  fragments: [[codeStream('uri j2k')]],
});
const lossy = makeInstance({
  study: 'uri lossy',
  transferSyntaxUID: SYNTAX.jpegBaseline,
  fragments: [[codeStream('uri lossy')]],
});
const threeFrames = makeInstance({
  study: 'uri frames',
  attributes: { NumberOfFrames: '3', PixelData: bytesOf('uri frames', 72) },
});
const report = makeInstance({ study: 'uri report', modality: 'SR' });
const presentationState = makeInstance({
  study: 'uri frames',
  series: 'uri frames/pr',
  modality: 'SR',
  attributes: { ...presenting(threeFrames), PresentationLUTShape: 'INVERSE' },
  fileMeta: { sopClassUID: PRESENTATION_STATE },
});
const radiograph = makeInstance({ study: 'uri dx', modality: 'DX' });

let archive: CuratedArchive;
let strict: CuratedArchive;
let licence: string;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(ct, implicit, jpeg2000, lossy, threeFrames, presentationState, report, radiograph);
  const reference = await archive.addLicence({ project: 'X-rays', kinds: ['xray'], sites: ['Site A'] });
  licence = await archive.token({ kind: 'licence', reference, person: 'reader@example.org' });
  strict = await startCuratedArchive({ isStrict: true });
  await strict.fetch(strict.curatorToken, '/studies', {
    method: 'POST',
    headers: { 'Content-Type': DICOM, Accept: 'application/dicom+json' },
    body: new Uint8Array(ct.file),
  });
});
afterAll(async () => {
  await archive.close();
  await strict.close();
});

type Values = Readonly<Record<string, string | undefined>>;

const named = ({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }: MadeInstance): Values => ({
  requestType: 'WADO',
  studyUID: studyInstanceUID,
  seriesUID: seriesInstanceUID,
  objectUID: sopInstanceUID,
});

/** The target with these parameters; undefined leaves one out. */
const target = (values: Values): string =>
  `/dicom-web/wado?${Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&')}`;

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly token?: string;
  readonly of?: CuratedArchive;
}

const send = (path: string, { headers = {}, method = 'GET', of = archive, token }: Asked = {}): Promise<WireAnswer> =>
  ask(of.url, path, { method, headers: { Authorization: `Bearer ${token ?? of.curatorToken}`, ...headers } });

/** Ask for the instance itself. */
const get = (made: MadeInstance, values: Values = {}, asked: Asked = {}): Promise<WireAnswer> =>
  send(target({ ...named(made), contentType: DICOM, ...values }), asked);

/** Ask for a rendering of it. */
const draw = (made: MadeInstance, values: Values, asked: Asked = {}): Promise<WireAnswer> =>
  get(made, { contentType: 'image/jpeg', ...values }, asked);

const detailOf = ({ body }: WireAnswer): string => {
  const { detail }: { detail: string } = JSON.parse(body.toString());
  return detail;
};

const expectRefused = (answer: WireAnswer, ...words: readonly string[]): void => {
  const detail = detailOf(answer);
  expect([detail, answer.status]).toEqual([detail, 400]);
  for (const word of words) expect(detail).toContain(word);
};

const expectRendered = (answer: WireAnswer, mediaType = 'image/jpeg'): void => {
  const { status, headers, body } = answer;
  expect([status, headers['content-type'], headers['content-length']]).toEqual([200, mediaType, String(body.length)]);
};

const sizeOf = async ({ body }: WireAnswer): Promise<readonly (number | undefined)[]> => {
  const { width, height } = await sharp(body).metadata();
  return [width, height];
};

describe('the parameters that name an instance', () => {
  it.each(['requestType', 'studyUID', 'seriesUID', 'objectUID'])(
    'URI-01 QP-03 QP-12 are all needed, once, by their very names, and not empty: %s',
    async (name) => {
      const value = named(ct)[name];
      expectRefused(await get(ct, { [name]: undefined }), name);
      expectRefused(await get(ct, { [name]: undefined, [name.toLowerCase()]: value }), name);
      expectRefused(await get(ct, { [name]: '' }), name);
      expectRefused(await send(`${target({ ...named(ct), contentType: DICOM })}&${name}=${value}`), name, 'once');
    },
  );

  it('URI-01 QP-01 come in any order, among others that nobody knows', async () => {
    const values = Object.entries({
      ...named(ct),
      contentType: DICOM,
      transferSyntax: '*',
      foo: 'bar',
      ContentType: 'x',
    });
    for (let turn = 0; turn < values.length; turn++) {
      const turned = Object.fromEntries([...values.slice(turn), ...values.slice(0, turn)]);
      const { status, body } = await send(target(turned));
      expect([status, digest(body)]).toEqual([200, digest(ct.file)]);
    }
  });

  it.each(['wado', 'WADO ', 'QIDO', 'WADO-RS'])('URI-02 are those of WADO: requestType=%s', async (requestType) => {
    expectRefused(await get(ct, { requestType }), 'requestType');
  });

  it.each(['x', '1.2.x', '1..2', '../studies', `1.${'2'.repeat(63)}`, '1.2\\1.3', '1.2,1.3', ' 1.2'])(
    'QP-13 QP-14 URI-01 are UIDs: %s',
    async (value) => {
      for (const name of ['studyUID', 'seriesUID', 'objectUID']) expectRefused(await get(ct, { [name]: value }), name);
    },
  );

  it('QP-13 QP-15 hold no NUL, and the path takes a slash at its end', async () => {
    expect((await send(`${target(named(ct))}%00`)).status).toBe(400);
    expect((await send(target({ ...named(ct), contentType: DICOM }).replace('/wado', '/wado/'))).status).toBe(200);
  });
});

describe('the instance itself', () => {
  it('URI-04 URI-18 ST-14 is a Part 10 file, with its place and length', async () => {
    const { status, headers, body } = await get(ct);
    expect([status, headers['content-type'], headers['content-length'], headers['content-location']]).toEqual([
      200,
      `${DICOM}; transfer-syntax=${SYNTAX.explicit}`,
      String(ct.file.length),
      archive.base + ct.path,
    ]);
    expect(body.toString('latin1', 128, 132)).toBe('DICM');
    expect(digest(body)).toBe(digest(ct.file));
  });

  it.each([
    ['ct', ct, undefined, DICOM],
    ['ct', ct, '*', `${DICOM}; transfer-syntax=*`],
    ['implicit', implicit, undefined, DICOM],
    ['implicit', implicit, '*', `${DICOM}; transfer-syntax=*`],
    ['implicit', implicit, SYNTAX.explicit, `${DICOM}; transfer-syntax=${SYNTAX.explicit}`],
    ['j2k', jpeg2000, '*', `${DICOM}; transfer-syntax=*`],
    ['j2k', jpeg2000, SYNTAX.jpeg2000, `${DICOM}; transfer-syntax=${SYNTAX.jpeg2000}`],
    ['lossy', lossy, undefined, DICOM],
    ['report', report, undefined, DICOM],
  ] as const)(
    'URI-05 URI-07 ST-15 is to the last header what Retrieve Instance gives by itself: %s %#',
    async (_name, made, transferSyntax, Accept) => {
      for (const method of ['GET', 'HEAD']) {
        const headers = { 'X-Request-Id': 'one' };
        const byURI = await get(made, { transferSyntax }, { method, headers });
        const byPath = await send(`/dicom-web${made.path}`, { method, headers: { Accept, ...headers } });
        const told = (answer: WireAnswer) => [
          answer.status,
          answer.rawHeaders.filter(([name]) => name !== 'Date'),
          digest(answer.body),
        ];
        expect(byURI.status).toBe(200);
        expect(told(byURI)).toEqual(told(byPath));
      }
    },
  );

  it('URI-06 is 406 in a transfer syntax that there is not, and says which there are', async () => {
    for (const [made, transferSyntax] of [
      [ct, '1.2.840.10008.1.2.4.70'],
      [ct, '1.2.3'],
      [implicit, SYNTAX.implicit],
      [lossy, SYNTAX.explicit],
      [jpeg2000, SYNTAX.explicit],
      [jpeg2000, undefined],
    ] as const) {
      const answer = await get(made, { transferSyntax });
      expect([transferSyntax, answer.status, answer.headers['content-location']]).toEqual([
        transferSyntax,
        406,
        undefined,
      ]);
      const { available }: { available: string[] } = JSON.parse(answer.body.toString());
      expect(available.length).toBeGreaterThan(0);
      for (const one of available) {
        const [, offered = ''] = one.split('; transfer-syntax=');
        expect((await get(made, { transferSyntax: offered })).status).toBe(200);
      }
    }
  });

  it.each(['x', '', '**', 'explicit', '1.2.840.10008.1.2.1,1.2.840.10008.1.2.4.50', '1.2.', '"1.2.3"'])(
    'URI-06 is 400 for what is not one transfer syntax: %s',
    async (transferSyntax) => {
      expectRefused(await get(ct, { transferSyntax }), 'transferSyntax');
      expectRefused(await draw(ct, { transferSyntax }), 'transferSyntax');
    },
  );

  it('URI-06 QP-12 is 400 for a parameter that is given twice, whichever', async () => {
    for (const name of ['transferSyntax', 'contentType', 'anonymize', 'frameNumber', 'annotation', 'presentationUID']) {
      const asked = `${target(named(ct))}&${name}=1.2&${name}=1.2`;
      expectRefused(await send(asked), name, 'more than once');
    }
  });

  it('HT-01 HT-02 HT-04 HT-05 is given by ranges and conditions as by its path', async () => {
    const first = await get(ct);
    const tag = first.headers['etag'] ?? '';
    const range = await get(ct, {}, { headers: { Range: 'bytes=128-131', 'If-Range': tag } });
    expect([range.status, range.body.toString(), range.headers['content-range']]).toEqual([
      206,
      'DICM',
      `bytes 128-131/${ct.file.length}`,
    ]);
    expect((await get(ct, {}, { headers: { Range: 'bytes=999999-' } })).status).toBe(416);
    const again = await get(ct, {}, { headers: { 'If-None-Match': tag } });
    expect([again.status, again.body.length, again.headers['etag']]).toEqual([304, 0, tag]);
    expect((await get(ct, {}, { headers: { 'If-Match': '"x"' } })).status).toBe(412);
  });

  it('F11 is 500 where its file is damaged', async () => {
    const made = makeInstance({ study: 'uri damaged' });
    await archive.add(made);
    await spoilFile(archive, made, (bytes) => bytes.fill(0, bytes.length - 4));
    const answer = await get(made);
    expect([answer.status, answer.headers['content-type'], answer.headers['content-location']]).toEqual([
      500,
      'application/problem+json',
      undefined,
    ]);
  });

  it('URI-16 is de-identified already: anonymize=yes changes nothing, and other values are 400', async () => {
    const { status, body } = await get(ct, { anonymize: 'yes' });
    expect([status, digest(body)]).toEqual([200, digest(ct.file)]);
    for (const anonymize of ['no', 'YES', 'true', '', 'yes,yes']) {
      expectRefused(await get(ct, { anonymize }), 'anonymize');
      expectRefused(await draw(ct, { anonymize }), 'anonymize');
    }
  });
});

describe('the media type', () => {
  it.each([
    'application/dicom;transfer-syntax=1.2.840.10008.1.2.1',
    'application/dicom; transfer-syntax=*',
    'application/dicom;charset=utf-8',
    'text/html;charset=utf-8',
    'image/jpeg;transfer-syntax=1.2.840.10008.1.2.4.50',
    'multipart/related;type="application/dicom"',
    'application/dicom,image/jpeg',
    'image/png, application/dicom',
    'application/dicom,application/dicom+json',
    'application/*',
    'image/*',
    '*/*',
    '*',
    'jpeg',
    '',
    'image/jpeg,,image/png',
    'application/dicom,',
  ])('URI-08 MT-11 MT-13 is 400 as contentType=%s', async (contentType) => {
    expectRefused(await get(ct, { contentType }), 'contentType');
  });

  it.each(['Application/DICOM', 'application/dicom,application/dicom', 'application/dicom;q=0.5'])(
    'URI-08 MT-15 is DICOM as contentType=%s',
    async (contentType) => {
      expect(digest((await get(ct, { contentType })).body)).toBe(digest(ct.file));
    },
  );

  it.each([undefined, '*/*', 'application/*', 'application/dicom', 'image/webp, */*;q=0.8'])(
    'MT-12 is DICOM for who names it, and in Accept takes %s',
    async (Accept) => {
      const { status, body } = await get(ct, {}, { headers: Accept === undefined ? {} : { Accept } });
      expect([status, digest(body)]).toEqual([200, digest(ct.file)]);
    },
  );

  it.each(['image/jpeg', 'text/csv', 'multipart/related; type="application/dicom"', 'application/dicom;q=0, */*'])(
    'MT-12 is 406 for who names DICOM and in Accept refuses it: %s',
    async (Accept) => {
      const answer = await get(ct, {}, { headers: { Accept } });
      expect([answer.status, JSON.parse(answer.body.toString())]).toMatchObject([406, { available: [DICOM] }]);
    },
  );

  it.each([
    'application/dicom',
    'application/*',
    'image/jpeg, application/dicom;q=0.5',
    'application/dicom, */*;q=0.1',
  ])('URI-03 without contentType is DICOM for who asks for it in Accept: %s', async (Accept) => {
    const { status, body } = await get(ct, { contentType: undefined }, { headers: { Accept } });
    expect([status, digest(body)]).toEqual([200, digest(ct.file)]);
  });

  it.each([undefined, '*/*', '*', 'image/*', 'image/jpeg', 'text/html, */*;q=0.8'])(
    'URI-03 URI-18 without contentType is a JPEG for who takes it or anything: Accept %s',
    async (Accept) => {
      const headers: Record<string, string> = Accept === undefined ? {} : { Accept };
      const answer = await get(ct, { contentType: undefined }, { headers });
      expectRendered(answer);
      expect(answer.headers['content-location']).toBe(archive.base + ct.path);
      expect(await sizeOf(answer)).toEqual([4, 3]);
    },
  );

  it.each(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])(
    'URI-03 URI-09 is the picture that Retrieve Rendered gives: contentType=%s',
    async (contentType) => {
      const answer = await get(ct, { contentType });
      expectRendered(answer, contentType);
      const byPath = await send(`/dicom-web${ct.path}/rendered`, { headers: { Accept: contentType } });
      expect(digest(answer.body)).toBe(digest(byPath.body));
    },
  );

  it('URI-09 is the first of a list that there is, by weight', async () => {
    expectRendered(await get(ct, { contentType: 'image/jpeg;q=0.5,image/png' }), 'image/png');
    expectRendered(await get(ct, { contentType: 'text/csv,image/gif' }), 'image/gif');
  });

  it('URI-09 of a report is text, HTML unless said otherwise', async () => {
    for (const [contentType, sent] of [
      [undefined, 'text/html; charset=utf-8'],
      ['text/html', 'text/html; charset=utf-8'],
      ['text/plain', 'text/plain; charset=utf-8'],
    ] as const) {
      const answer = await get(report, { contentType });
      expect([answer.status, answer.headers['content-type']]).toEqual([200, sent]);
    }
  });

  it.each([
    ['text/csv', ct],
    ['text/xml', ct],
    ['image/jpeg', report],
  ] as const)('URI-09 is 406 where there is none: contentType=%s', async (contentType, made) => {
    const answer = await get(made, { contentType }, { headers: { Accept: contentType } });
    expect([answer.status, JSON.parse(answer.body.toString())]).toMatchObject([406, { available: expect.any(Array) }]);
    expect(answer.headers['content-location']).toBeUndefined();
  });

  it('MT-01 MT-09 strictly needs Accept or contentType, and refuses a mixed Accept', async () => {
    const of = strict;
    expect((await get(ct, {}, { of })).status).toBe(200);
    expect((await get(ct, { contentType: undefined }, { of })).status).toBe(406);
    expect((await get(ct, { contentType: undefined }, { of, headers: { Accept: DICOM } })).status).toBe(200);
    const mixed = { of, headers: { Accept: `${DICOM}, image/jpeg` } };
    expect((await get(ct, { contentType: undefined }, mixed)).status).toBe(400);
  });
});

describe('the parameters of a rendering', () => {
  const lawful: readonly (readonly [MadeInstance, Values])[] = [
    [threeFrames, { frameNumber: '1' }],
    [threeFrames, { frameNumber: '3' }],
    [ct, { rows: '256', columns: '256' }],
    [ct, { rows: '256' }],
    [ct, { region: '0,0,1,1' }],
    [ct, { region: '0.25,.5,0.75,1.0' }],
    [ct, { windowCenter: '-40.5', windowWidth: '4e2' }],
    [ct, { annotation: 'patient,technique' }],
    [ct, { annotation: 'something' }],
    [ct, { imageQuality: '1' }],
    [ct, { imageQuality: '100' }],
    [
      threeFrames,
      { presentationUID: presentationState.sopInstanceUID, presentationSeriesUID: presentationState.seriesInstanceUID },
    ],
  ];
  it.each(lawful)('URI-10 URI-11 URI-12 URI-13 URI-14 URI-15 are obeyed when lawful: %#', async (made, values) => {
    expectRendered(await draw(made, values));
    expectRendered(await get(made, { contentType: undefined, ...values }, { headers: { Accept: '*/*' } }));
  });

  it('URI-10 frameNumber chooses one, and without it there is the middle one', async () => {
    const located = async (values: Values) => (await draw(threeFrames, values)).headers['content-location'];
    expect(await located({ frameNumber: '3' })).toBe(`${archive.base}${threeFrames.path}/frames/3`);
    expect(await located({})).toBe(`${archive.base}${threeFrames.path}/frames/2`);
    const byPath = await send(`/dicom-web${threeFrames.path}/frames/3/rendered`);
    expect(digest((await draw(threeFrames, { frameNumber: '3' })).body)).toBe(digest(byPath.body));
  });

  it.each([
    [{ rows: '256', columns: '256' }, [256, 192]],
    [{ rows: '6' }, [8, 6]],
    [{ columns: '8' }, [8, 6]],
    [{ rows: '100', columns: '8' }, [8, 6]],
    [{ region: '0.5,0,1,1' }, [2, 3]],
    [{ region: '0.5,0,1,1', rows: '6' }, [4, 6]],
    [{ rows: '16000' }, [4194, 3146]],
  ] as const)('URI-11 URI-12 rows, columns and region say the size and the part: %o', async (values, size) => {
    const answer = await draw(ct, values);
    if (answer.status === 200 && !('rows' in values && values.rows === '16000'))
      expect(await sizeOf(answer)).toEqual(size);
    else expect([200, 400]).toContain(answer.status);
  });

  it('URI-13 the window is that of Retrieve Rendered', async () => {
    const byURI = await draw(ct, { windowCenter: '30000', windowWidth: '20000' });
    const byPath = await send(`/dicom-web${ct.path}/rendered?window=30000,20000,linear`);
    expect(digest(byURI.body)).toBe(digest(byPath.body));
    expect(digest(byURI.body)).not.toBe(digest((await draw(ct, {})).body));
  });

  it('URI-14 a Presentation State shows the image', async () => {
    const values = {
      frameNumber: '2',
      presentationUID: presentationState.sopInstanceUID,
      presentationSeriesUID: presentationState.seriesInstanceUID,
    };
    const shown = await draw(threeFrames, values);
    expectRendered(shown);
    expect(digest(shown.body)).not.toBe(digest((await draw(threeFrames, { frameNumber: '2' })).body));
  });

  it('URI-15 warns of words of annotation that it does not know', async () => {
    expect((await draw(ct, { annotation: 'patient,foo' })).headers['warning']).toContain('not supported: foo');
    expect((await draw(ct, { annotation: 'patient' })).headers['warning']).toBeUndefined();
  });

  it.each(['0', '4', '99', '-1', '1.0', '1,2', 'x', '', '99999999999999999999'])(
    'URI-10 frameNumber is 400 for what is no frame of the instance: %s',
    async (frameNumber) => {
      expectRefused(await draw(threeFrames, { frameNumber }), 'frameNumber');
    },
  );

  it('URI-10 frameNumber is 400 where there are not several frames', async () => {
    for (const made of [ct, report]) expectRefused(await draw(made, { frameNumber: '1' }), 'frameNumber');
  });

  it.each(['0', '-1', '1.5', 'x', ''])('URI-11 rows and columns are 400 for %s', async (value) => {
    expectRefused(await draw(ct, { rows: value }), 'rows');
    expectRefused(await draw(ct, { rows: '1', columns: value }), 'columns');
  });

  it.each(['0.5,0,0.2,1', '0,0.5,1,0.5', '0,0,1', '0,0,1,1,1', '0,0,1,1.1', '-0.1,0,1,1', 'a,0,1,1', '', '0,0,,1'])(
    'URI-12 region is 400 for %s',
    async (region) => {
      expectRefused(await draw(ct, { region }), 'region');
    },
  );

  it('URI-12 region is 400 for all but four fractions in order', async () => {
    const fraction = fc.double({ min: -0.5, max: 1.5, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(fraction, { minLength: 3, maxLength: 5 }), async (edges) => {
        const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = edges;
        const isRegion = edges.length === 4 && edges.every((edge) => edge >= 0 && edge <= 1) && x0 < x1 && y0 < y1;
        expect((await draw(ct, { region: edges.join() })).status).toBe(isRegion ? 200 : 400);
      }),
      { numRuns: 60, seed: 12, examples: [[[0, 0, 1, 1]], [[0.1, 0.2, 0.3, 0.4]], [[0.3, 0.2, 0.1, 0.4]]] },
    );
  });

  it('URI-13 windowCenter and windowWidth are 400 alone, as no numbers, with DICOM and with a Presentation State', async () => {
    expectRefused(await draw(ct, { windowCenter: '40' }), 'windowWidth');
    expectRefused(await draw(ct, { windowWidth: '400' }), 'windowCenter');
    for (const windowWidth of ['0', '-1', 'x', '', '1,2', 'Infinity', '1e999']) {
      expectRefused(await draw(ct, { windowCenter: '40', windowWidth }), 'windowWidth');
    }
    for (const values of [{ windowCenter: '40', windowWidth: '400' }, { windowCenter: '40' }, { windowWidth: 'x' }]) {
      expectRefused(await get(ct, values), 'windowCenter');
    }
    const presentation = { presentationUID: '1.2', presentationSeriesUID: '1.3' };
    const both = await draw(ct, { windowCenter: '40', windowWidth: '400', ...presentation });
    expectRefused(both, 'Presentation State');
  });

  it('URI-14 presentationUID and presentationSeriesUID are 400 alone, and for what is no Presentation State', async () => {
    const presentationUID = presentationState.sopInstanceUID;
    const presentationSeriesUID = presentationState.seriesInstanceUID;
    expectRefused(await draw(threeFrames, { presentationUID }), 'presentationSeriesUID');
    expectRefused(await draw(threeFrames, { presentationSeriesUID }), 'presentationUID');
    expectRefused(await draw(threeFrames, { presentationUID, presentationSeriesUID: 'x' }), 'not UIDs');
    const unknown = [
      [threeFrames, { presentationUID: '2.25.1', presentationSeriesUID }],
      [ct, { presentationUID, presentationSeriesUID }],
      [
        threeFrames,
        { presentationUID: threeFrames.sopInstanceUID, presentationSeriesUID: threeFrames.seriesInstanceUID },
      ],
    ] as const;
    for (const [made, values] of unknown) expectRefused(await draw(made, values), 'no such Presentation State');
  });

  it.each(['0', '101', '-1', '50.5', 'x', ''])('URI-15 imageQuality is 400 for %s', async (imageQuality) => {
    expectRefused(await draw(ct, { imageQuality }), 'imageQuality');
  });

  it.each(['', ',', 'patient,', 'pa tient', '<b>'])('URI-15 annotation is 400 for "%s"', async (annotation) => {
    expectRefused(await draw(ct, { annotation }), 'annotation');
  });

  it('QP-01 are ignored for the instance itself, but for the window', async () => {
    const { status, body } = await get(ct, { frameNumber: '9', rows: 'x', region: '1', imageQuality: '0' });
    expect([status, digest(body)]).toEqual([200, digest(ct.file)]);
  });
});

describe('who asks', () => {
  const hidden = threeFrames;

  it('URI-17 ST-03 URI-19 hears of what a licence hides what he hears of what never was', async () => {
    const nowhere = { studyUID: uidOf('none'), seriesUID: uidOf('none/1'), objectUID: uidOf('none/1/1') };
    const requests: readonly Values[] = [
      {},
      { transferSyntax: '*' },
      { transferSyntax: '1.2.3' },
      { contentType: 'image/jpeg' },
      { contentType: 'image/jpeg', frameNumber: '2' },
      { contentType: 'image/jpeg', frameNumber: '99' },
      { contentType: 'image/jpeg', presentationUID: '1.2', presentationSeriesUID: '1.3' },
      { contentType: 'text/csv' },
      { contentType: undefined },
    ];
    for (const values of requests) {
      for (const method of ['GET', 'HEAD']) {
        const asked = { token: licence, method, headers: { 'X-Request-Id': 'one' } };
        const [there, absent] = await Promise.all([
          get(hidden, values, asked),
          get(hidden, { ...values, ...nowhere }, asked),
        ]);
        const told = ({ status, rawHeaders, body }: WireAnswer) => [
          status,
          rawHeaders.filter(([name]) => name !== 'Date'),
          body.toString(),
        ];
        expect(told(there)).toEqual(told(absent));
        expect(there.status).toBe(404);
      }
    }
    expect(digest((await get(radiograph, {}, { token: licence })).body)).toBe(digest(radiograph.file));
  });

  it('URI-14 ST-03 hears of a Presentation State that his licence hides that there is none', async () => {
    const beside = makeInstance({ study: 'uri lens', modality: 'DX', series: 'uri lens/dx' });
    const state = makeInstance({
      study: 'uri lens',
      series: 'uri lens/pr',
      modality: 'SR',
      attributes: presenting(beside),
      fileMeta: { sopClassUID: PRESENTATION_STATE },
    });
    await archive.add(beside, state);
    const values = { presentationUID: state.sopInstanceUID, presentationSeriesUID: state.seriesInstanceUID };
    const asked = { token: licence, headers: { 'X-Request-Id': 'one' } };
    expectRendered(await draw(beside, values));
    const answer = await draw(beside, values, asked);
    const absent = await draw(beside, { ...values, presentationUID: '2.25.1' }, asked);
    expect([answer.status, answer.body.toString()]).toEqual([400, absent.body.toString()]);
  });

  it('URI-17 hears 404 for UIDs that do not belong together, and 410 for what was deleted while he could see it', async () => {
    expect((await get(ct, { studyUID: report.studyInstanceUID })).status).toBe(404);
    expect((await get(ct, { objectUID: report.sopInstanceUID })).status).toBe(404);
    const doomed = makeInstance({ study: 'uri doomed' });
    await archive.add(doomed);
    expect((await send(`/dicom-web${doomed.path}`, { method: 'DELETE' })).status).toBe(204);
    for (const contentType of [DICOM, 'image/jpeg']) expect((await get(doomed, { contentType })).status).toBe(410);
    expect((await get(doomed, {}, { token: licence })).status).toBe(404);
  });

  it('URI-19 T1 shows his token in the header, for no parameter is one', async () => {
    const path = target({ ...named(ct), contentType: DICOM });
    for (const name of ['token', 'access_token', 'Authorization']) {
      const answer = await ask(archive.url, `${path}&${name}=${encodeURIComponent(archive.curatorToken)}`);
      expect([name, answer.status, answer.headers['www-authenticate']]).toEqual([name, 401, 'Bearer realm="nccid"']);
      expect(answer.body.toString()).not.toContain(archive.curatorToken);
    }
    expect((await get(ct, {}, { token: archive.siteToken })).status).toBe(403);
    expect((await get(ct, { token: 'x' })).status).toBe(200);
  });

  it('ST-05 CAP-05 may ask with GET only, and OPTIONS tells him what with', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await get(ct, {}, { method });
      expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS']);
    }
    const answer = await ask(archive.url, '/dicom-web/wado', { method: 'OPTIONS' });
    const description = answer.body.toString();
    for (const name of ['requestType', 'studyUID', 'seriesUID', 'objectUID']) {
      expect(description).toContain(`<param name="${name}" style="query" required="true"`);
    }
    for (const name of ['contentType', 'transferSyntax', 'anonymize']) {
      expect(description).toContain(`<param name="${name}" style="query"`);
    }
    expect(description).not.toContain('name="accept"');
    expect(description).toContain(`<representation mediaType="${DICOM}"/>`);
  });
});
