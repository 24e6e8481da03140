import { describe, expect, it } from 'vitest';
import { HeaderBudget } from '../../src/archive/header-budget.js';
import type { LookedUp } from '../../src/archive/index/look-up.js';
import { type ReceivedInstance, type ReceiveOptions, receiveInstance } from '../../src/archive/receive-instance.js';
import type { Refused } from '../../src/archive/store-outcome.js';
import type { CoercedAttribute } from '../../src/dicom/coerce-header.js';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { makeInstance, SYNTAX } from '../http/instances.js';
import { ArchiveFixture } from '../support/archive-fixture.js';

const KiB = 1024;

/** A body that stops after its first bytes until it is told to go on. */
class HaltedBody {
  readonly reached: Promise<void>;
  goOn: () => void = () => undefined;
  readonly #file: Buffer;
  readonly #haltAt: number;
  #reach: () => void = () => undefined;

  constructor(file: Buffer, haltAt: number) {
    this.#file = file;
    this.#haltAt = haltAt;
    this.reached = new Promise((resolve) => {
      this.#reach = resolve;
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    yield* inPieces(this.#file.subarray(0, this.#haltAt));
    await new Promise<void>((resolve) => {
      this.goOn = resolve;
      this.#reach();
    });
    yield* inPieces(this.#file.subarray(this.#haltAt));
  }
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += KiB) yield bytes.subarray(at, at + KiB);
}

/** An instance of which `bytes` stand before Pixel Data. */
const fileOf = (name: string, bytes: number, transferSyntaxUID: string = SYNTAX.explicit): Buffer =>
  makeInstance({ study: name, transferSyntaxUID, attributes: { TextValue: 'x'.repeat(bytes) } }).file;

const refusal = expect.objectContaining({ outcome: 'refused', reason: FAILURE_REASON.outOfResources });

const UNKNOWN: LookedUp = {
  history: { generation: 0, isRefused: false, siteIDs: new Set() },
  same: undefined,
  known: { instances: new Map(), series: new Map(), studies: new Map(), patients: new Map() },
};

async function receiving(
  mostBytes: number,
  coercedAttributes: readonly CoercedAttribute[] = [],
  beginLookUp: ReceiveOptions['beginLookUp'] = () => async () => UNKNOWN,
) {
  const { blobs } = (await ArchiveFixture.open()).opened;
  const headers = new HeaderBudget(mostBytes);
  const options = {
    blobs,
    headers,
    expectedStudy: undefined,
    maxInstanceBytes: 1024 ** 3,
    coercedAttributes,
    beginLookUp,
    now: () => new Date(),
  };
  return async (body: AsyncIterable<Buffer>): Promise<ReceivedInstance | Refused> => {
    const received = await receiveInstance(body, options);
    if (received.outcome === 'received') await received.staged.discard();
    return received;
  };
}

describe('receiveInstance', () => {
  it('refuses headers beyond what all may hold together, and takes them again when others are done', async () => {
    const receive = await receiving(500 * KiB);
    const first = new HaltedBody(fileOf('first', 300 * KiB), 250 * KiB);
    const underWay = receive(first);
    await first.reached;
    const second = fileOf('second', 300 * KiB);
    expect(await receive(inPieces(second))).toEqual(refusal);
    first.goOn();
    expect(await underWay).toMatchObject({ outcome: 'received' });
    expect(await receive(inPieces(second))).toMatchObject({ outcome: 'received' });
  });

  it('counts a header while its Pixel Data is still coming', async () => {
    const receive = await receiving(500 * KiB);
    const file = fileOf('first', 300 * KiB);
    const first = new HaltedBody(file, file.length - 10);
    const underWay = receive(first);
    await first.reached;
    expect(await receive(inPieces(fileOf('second', 300 * KiB)))).toEqual(refusal);
    first.goOn();
    await underWay;
  });

  it('has its UIDs looked up while its Pixel Data is still coming', async () => {
    const asked: string[] = [];
    const receive = await receiving(500 * KiB, [], ({ identity }) => {
      asked.push(identity.sopInstanceUID);
      return async () => UNKNOWN;
    });
    const made = makeInstance({ study: 'looked up' });
    const body = new HaltedBody(made.file, made.file.length - 10);
    const underWay = receive(body);
    await body.reached;
    expect(asked).toEqual([made.sopInstanceUID]);
    body.goOn();
    await underWay;
    expect(asked).toHaveLength(1);
  });

  it('T39 counts what is inflated', async () => {
    const receive = await receiving(500 * KiB);
    expect(await receive(inPieces(fileOf('small', 300 * KiB, SYNTAX.deflated)))).toMatchObject({ outcome: 'received' });
    expect(await receive(inPieces(fileOf('large', 900 * KiB, SYNTAX.deflated)))).toEqual(refusal);
  });

  it.each([
    ['sets nothing', 500 * KiB, []],
    // What is set is set in a header that is held a second time.
    ['sets attributes', 800 * KiB, [{ tag: 0x00120030, vr: 'LO', value: 'SITE-A' }]],
  ] as const)('gives back what refused and broken instances held, of a site that %s', async (_, most, attributes) => {
    const receive = await receiving(most, attributes);
    const file = fileOf('often', 300 * KiB);
    for (let i = 0; i < 4; i++) {
      expect(await receive(inPieces(file.subarray(0, 200 * KiB)))).toMatchObject({ outcome: 'refused' });
      await expect(
        receive(
          (async function* () {
            yield* inPieces(file.subarray(0, 200 * KiB));
            throw new Error('The sender has gone away.');
          })(),
        ),
      ).rejects.toThrow('gone away');
    }
    expect(await receive(inPieces(file))).toMatchObject({ outcome: 'received' });
  });
});
