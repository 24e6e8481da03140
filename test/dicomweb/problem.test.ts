import { createServer } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sendProblem } from '../../src/dicomweb/problem.js';
import { nameRequest } from '../../src/dicomweb/request-id.js';
import { ArchiveError } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import { ask } from '../http/wire.js';

/** Serve what fails in this way; what is logged of it comes in the second. */
async function failing(fail: (response: Response) => void | Promise<void>): Promise<[url: string, logged: unknown[]]> {
  const logged: unknown[] = [];
  const line = (entry: unknown): void => void logged.push(entry);
  const log: Log = { info: line, warn: line, error: line };
  const app = express();
  app.use(nameRequest);
  app.use((_request: Request, response: Response) => fail(response));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) =>
    sendProblem(error, response, log),
  );
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A server that listens has a port.');
  return [`http://127.0.0.1:${address.port}`, logged];
}

const fail = (error: Error) => (): void => {
  throw error;
};

describe('sendProblem', () => {
  it.each([
    ['a bug', fail(new Error('inside')), 500, false],
    ['damage', fail(new ArchiveError('corrupt', 'It is damaged.')), 500, false],
    ['a database that is away', fail(new ArchiveError('unavailable', 'Not now.')), 503, true],
    ['a disk that is full', fail(new ArchiveError('storage-full', 'No room.')), 507, true],
  ])('HT-13 ST-06 names the request in header, body and log: %s', async (_what, work, status, isTemporary) => {
    const [url, logged] = await failing(work);
    const answer = await ask(url, '/', { headers: { 'X-Request-Id': 'a-name' } });
    expect([answer.status, answer.headers['x-request-id']]).toEqual([status, 'a-name']);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ status, isTemporary, requestID: 'a-name' });
    expect(answer.body.toString()).not.toContain('inside');
    expect(logged).toEqual([expect.objectContaining({ requestID: 'a-name' })]);
  });

  it('HT-13 MP-20 names in the log the request whose answer broke off', async () => {
    const [url, logged] = await failing(async (response) => {
      await new Promise((resolve) => response.write('begun', resolve));
      throw new ArchiveError('corrupt', 'It is damaged.');
    });
    const answer = await ask(url, '/', { headers: { 'X-Request-Id': 'a-name' } });
    expect([answer.status, answer.isComplete]).toEqual([200, false]);
    expect(logged).toEqual([{ requestID: 'a-name', code: 'corrupt' }]);
  });

  it('ST-12 tells when to ask again, and nothing in the log of what the client did wrong', async () => {
    const [busy] = await failing(fail(new ArchiveError('unavailable', 'Not now.')));
    expect(Number((await ask(busy, '/')).headers['retry-after'])).toBeGreaterThan(0);
    const [wrong, logged] = await failing(fail(new ArchiveError('invalid-request', 'It is wrong.')));
    expect((await ask(wrong, '/')).status).toBe(400);
    expect(logged).toEqual([]);
  });
});
