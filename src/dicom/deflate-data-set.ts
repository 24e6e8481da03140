/**
 * Deflates a data set for Deflated Explicit VR Little Endian: raw deflate, padded with one NULL to an even length. PS3.5 §A.5
 *
 * By Huffman codes only, so that no byte becomes more than eight: what is written here is never taken for a bomb by whoever
 * reads it within limits, which a sender's own data are just below.
 */
import { constants, createDeflateRaw, type DeflateRaw } from 'node:zlib';
import { WaitingPieces } from './waiting-pieces.js';

export async function* deflateDataSet(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const deflate = createDeflateRaw({ strategy: constants.Z_HUFFMAN_ONLY });
  const pieces = new WaitingPieces();
  let bytes = 0;
  deflate.on('data', (piece: Buffer) => {
    pieces.add(piece);
    bytes += piece.length;
  });
  try {
    for await (const chunk of chunks) {
      await write(deflate, chunk);
      yield* pieces.take();
    }
    await end(deflate);
    yield* pieces.take();
    if (bytes % 2 === 1) yield Buffer.alloc(1);
  } finally {
    deflate.destroy();
  }
}

const write = (deflate: DeflateRaw, chunk: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    deflate.write(chunk, (error) => (error ? reject(error) : resolve()));
  });

const end = (deflate: DeflateRaw): Promise<void> =>
  new Promise((resolve, reject) => {
    deflate.once('end', resolve);
    deflate.once('error', reject);
    deflate.end();
  });
