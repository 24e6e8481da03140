/** A JP2 file around a code stream: DICOM has none, but some writers do. ISO/IEC 15444-1 Annex I */

const SIGNATURE = 0x6a502020;
const CODE_STREAM = 0x6a703263;
const BOX_HEAD_BYTES = 8;

/** The code stream within, or the bytes as they are. */
export function withoutBoxes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < BOX_HEAD_BYTES || view.getUint32(4) !== SIGNATURE) return bytes;
  for (let at = 0; at + BOX_HEAD_BYTES <= bytes.length; ) {
    const lengthBytes = view.getUint32(at);
    if (view.getUint32(at + 4) === CODE_STREAM) {
      return bytes.slice(at + BOX_HEAD_BYTES, lengthBytes === 0 ? undefined : at + lengthBytes);
    }
    // 0 is the last box, 1 a length of 64 bits: neither comes before a code stream in a frame.
    if (lengthBytes < BOX_HEAD_BYTES) break;
    at += lengthBytes;
  }
  return bytes;
}
