/** A stored file in the transfer syntax that was asked for. PS3.18 §8.7.3.4 */
import { asExplicitLittleEndian, isNative } from '../archive/read/explicit-little-endian.js';
import type { StoredFile } from '../archive/read/stored-file.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../dicom/transfer-syntaxes.js';
import { transcode } from '../pixels/transcode.js';
import type { Exchange } from './exchange.js';
import { DICOM } from './media-type-names.js';
import { whyNotInForm } from './undecodable.js';

/**
 * The file as it is, or rewritten while it is read.
 * @throws ArchiveError `corrupt` when it is damaged, ProblemDetails 406 when its pixels can not be decoded
 */
export async function* bytesIn(
  exchange: Pick<Exchange, 'archive' | 'pixels' | 'held' | 'response'>,
  file: StoredFile,
  transferSyntaxUID: string,
): AsyncGenerator<Buffer> {
  const { instance } = file;
  if (instance.transferSyntaxUID === transferSyntaxUID) yield* file.bytes();
  else if (transferSyntaxUID === EXPLICIT_VR_LITTLE_ENDIAN && isNative(instance.transferSyntaxUID)) {
    yield* asExplicitLittleEndian(file);
  } else yield* transcoded(exchange, file, transferSyntaxUID);
}

async function* transcoded(
  { archive, pixels, held, response }: Pick<Exchange, 'archive' | 'pixels' | 'held' | 'response'>,
  file: StoredFile,
  transferSyntaxUID: string,
): AsyncGenerator<Buffer> {
  const { sopClassUID, sopInstanceUID, frameCount, sha256 } = file.instance;
  const frameTable = await archive.frameTable(file.instance);
  const isAbandoned = (): boolean => response.destroyed;
  const described = { frameTable, frameCount, sha256, sopClassUID, sopInstanceUID };
  const source = { ...described, bytes: file.bytes(), held, isAbandoned };
  try {
    yield* transcode(source, transferSyntaxUID, pixels);
  } catch (error) {
    throw await whyNotInForm(error, file, DICOM);
  }
}
