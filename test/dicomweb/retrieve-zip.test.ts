import { describe, expect, it } from 'vitest';
import type { LocatedInstance } from '../../src/archive/index/locate.js';
import type { Exchange } from '../../src/dicomweb/exchange.js';
import { MOST_INSTANCES, sendZip } from '../../src/dicomweb/retrieve-zip.js';

const instance: LocatedInstance = {
  rowID: 1,
  studyInstanceUID: '1.2',
  seriesInstanceUID: '1.2.3',
  sopInstanceUID: '1.2.3.4',
  sopClassUID: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUID: '1.2.840.10008.1.2.1',
  blobKey: 'none',
  sizeBytes: 0,
  sha256: 'ab'.repeat(32),
  crc32: 0,
  frameCount: 1,
  pixelFormat: undefined,
  metadataCRC32: undefined,
};

describe('sendZip', () => {
  it('ST-09 refuses more instances than it holds, before it looks at one of them', async () => {
    const untouched = new Proxy({} as Exchange, {
      get: () => {
        throw new Error('Nothing is asked of the exchange.');
      },
    });
    const instances = Array.from({ length: MOST_INSTANCES + 1 }, () => instance);
    await expect(sendZip(untouched, { studyInstanceUID: '1.2' }, instances)).rejects.toMatchObject({
      code: 'too-large',
      message: 'A zip holds at most 100,000 instances; the series can be asked for one by one.',
    });
  });
});
