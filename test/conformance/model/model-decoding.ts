/** Gives compressed fixtures decoded, for their samples are known. */
import { dataSet, withElements } from '../../../conformance/dicom/data-set.js';
import { encodePart10 } from '../../../conformance/dicom/part10-writer.js';
import { MEDIA_TYPE_OF, SYNTAX } from '../../../conformance/dicom/syntaxes.js';
import type { Fixture } from '../../../conformance/fixtures/fixture.js';
import { writeMultipart } from '../../../conformance/wire/multipart.js';
import { fieldOf, type Passing, type Reply } from '../faults/fault.js';

const INSTANCE = /^(\/studies\/([\d.]+)(?:\/series\/[\d.]+\/instances\/([\d.]+)(?:\/frames\/(\d+))?)?)$/;

function decoded(fixture: Fixture): Buffer {
  const { sopClassUID, instance, elements, samples = [] } = fixture;
  const isColour = fixture.name.endsWith('COLOUR');
  const changed = dataSet({
    PixelData: Buffer.concat([...samples]),
    PhotometricInterpretation: isColour ? 'RGB' : undefined,
  });
  const plain = withElements(elements, changed).filter(({ tag }) => !/^7FE0000[12]$/.test(tag));
  const meta = { sopClassUID, sopInstanceUID: instance, transferSyntaxUID: SYNTAX.explicitLittle };
  return encodePart10(plain, meta);
}

const isDecodable = ({ transferSyntaxUID, samples = [] }: Fixture): boolean =>
  transferSyntaxUID in MEDIA_TYPE_OF && samples.length > 0;

/** An instance in the code stream of another that holds the same samples. */
function encodedReply(request: Passing, path: string, all: readonly Fixture[]): Reply | undefined {
  const [, , , uid] = INSTANCE.exec(path) ?? [];
  const [, syntax] =
    /^multipart\/related; type="application\/dicom"; transfer-syntax=([\d.]+)$/.exec(
      fieldOf(request, 'Accept') ?? '',
    ) ?? [];
  const fixture = all.find(({ instance }) => instance === uid);
  const [samples] = fixture?.samples ?? [];
  if (fixture === undefined || samples === undefined || fixture.samples?.length !== 1) return undefined;
  if (path.includes('/frames/') || fixture.transferSyntaxUID === syntax) return undefined;
  const twin = all.find(
    (one) => one.transferSyntaxUID === syntax && one.samples?.length === 1 && samples.equals(one.samples[0] ?? samples),
  );
  const pixels = twin?.elements.filter(({ tag }) => tag === '7FE00010') ?? [];
  if (syntax === undefined || pixels.length === 0 || !isDecodable(fixture)) return undefined;
  const { sopClassUID, instance, elements } = fixture;
  const body = encodePart10(withElements(elements, pixels), {
    sopClassUID,
    sopInstanceUID: instance,
    transferSyntaxUID: syntax,
  });
  const part = { type: `application/dicom; transfer-syntax=${syntax}`, body, headers: { 'Content-Location': path } };
  return {
    status: 200,
    headers: [['Content-Type', 'multipart/related; type="application/dicom"; boundary=model']],
    body: writeMultipart([part], 'model'),
  };
}

/** The answer for what is asked for without its transfer syntax; undefined for everything else. */
export function decodedReply(
  request: Passing,
  path: string,
  fixtures: ReadonlyMap<string, Fixture>,
): Reply | undefined {
  const all = [...fixtures.values()];
  if (path === '/wado') {
    const [, uid] = /objectUID=([\d.]+)/.exec(request.target) ?? [];
    const fixture = all.find(({ instance }) => instance === uid);
    const isAsked =
      /contentType=application\/dicom(?:&|$)/.test(request.target) && !/transferSyntax/.test(request.target);
    if (fixture === undefined || !isAsked || !isDecodable(fixture)) return undefined;
    return { status: 200, headers: [['Content-Type', 'application/dicom']], body: decoded(fixture) };
  }
  const encoded = encodedReply(request, path, all);
  if (encoded !== undefined) return encoded;
  const [, source = '', study, instance, frame] = INSTANCE.exec(path) ?? [];
  const accept = fieldOf(request, 'Accept') ?? '';
  const type = frame === undefined ? 'application/dicom' : 'application/octet-stream';
  if (accept !== `multipart/related; type="${type}"`) return undefined;
  const subjects = all.filter((one) => one.study === study && (instance === undefined || one.instance === instance));
  if (subjects.length === 0 || !subjects.some(isDecodable)) return undefined;
  const parts = subjects.map((fixture) => {
    const [body, syntax] = isDecodable(fixture)
      ? [frame === undefined ? decoded(fixture) : fixture.samples?.[Number(frame) - 1], SYNTAX.explicitLittle]
      : [fixture.file, fixture.transferSyntaxUID];
    return {
      type: `${type}; transfer-syntax=${syntax}`,
      body: body ?? Buffer.alloc(0),
      headers: { 'Content-Location': source },
    };
  });
  if (instance === undefined && !subjects.every((one) => one.transferSyntaxUID in MEDIA_TYPE_OF)) return undefined;
  return {
    status: 200,
    headers: [['Content-Type', `multipart/related; type="${type}"; boundary=model`]],
    body: writeMultipart(parts, 'model'),
  };
}
