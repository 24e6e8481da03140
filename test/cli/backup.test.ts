/** F27 and T75: backups that are archives by themselves, and archives that are made of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KeyStore } from '../../src/access/keys.js';
import { type IssuedToken, issueToken, revokeToken, type TokenRequest } from '../../src/access/tokens.js';
import { startServer } from '../../src/app.js';
import { backUpArchive } from '../../src/archive/copy/backup.js';
import { verifyArchive } from '../../src/archive/verify.js';
import { addBackupCommand } from '../../src/cli/backup.js';
import type { AddCommand } from '../../src/cli/context.js';
import { addReindexCommand } from '../../src/cli/reindex.js';
import { addRestoreCommand } from '../../src/cli/restore.js';
import { addVerifyCommand } from '../../src/cli/verify.js';
import { loadConfig } from '../../src/config.js';
import { WARNING_REASON } from '../../src/dicom/failure-reasons.js';
import { setSiteAttributes } from '../../src/governance/site-attributes.js';
import { silentLog } from '../../src/log.js';
import { OtherProcess } from '../database/other-process.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { withFaults } from '../support/faulty-blobs.js';
import { freePort } from '../support/free-port.js';
import { LoadWriters } from '../support/load-writers.js';
import { ctFile } from '../support/part10.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { wholeIndex } from '../support/whole-index.js';
import { type Outcome, runCommands } from './command-line.js';

const COMMANDS: readonly AddCommand[] = [addBackupCommand, addRestoreCommand, addVerifyCommand, addReindexCommand];
const MAIN = join(import.meta.dirname, '../../src/main.ts');

const nccid = (data: string, ...args: readonly string[]): Promise<Outcome> =>
  runCommands(COMMANDS, [...args, '--data', data], {}, Date.now);

const INSTANCE = '/studies/1.2.3/series/1.2.3.1/instances/1.2.3.1.2';

const newFolder = (): string => join(temporaryFolder(), 'folder');

const slice = (n: number, study = '1.2.3'): Buffer =>
  ctFile({
    StudyInstanceUID: study,
    SeriesInstanceUID: `${study}.1`,
    SOPInstanceUID: `${study}.1.${n}`,
    PatientID: `P${study}`,
  });

const slices = (from: number, to: number, study?: string): readonly Buffer[] =>
  Array.from({ length: to - from + 1 }, (_, i) => slice(from + i, study));

/** An archive that stays open, as by a server; with a study of three instances. */
async function filledArchive() {
  const fixture = await ArchiveFixture.open();
  const scope = await fixture.addSite('Leeds');
  await fixture.store(scope, ...slices(1, 3));
  return { fixture, scope };
}

async function issue({ opened }: ArchiveFixture, request: TokenRequest = { kind: 'curator' }): Promise<IssuedToken> {
  const { database } = opened;
  const keys = await KeyStore.open({ database, now: Date.now });
  return issueToken({ keys, database, now: Date.now }, request);
}

/** Serve an archive folder until the test ends; its URL. */
async function serve(folder: string): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = loadConfig({ NCCID_DATA: folder, NCCID_PORT: String(port) });
  const server = await startServer({ config, log: silentLog, now: Date.now });
  onTestFinished(() => server.close());
  return url;
}

const ask = (url: string, token: string, path: string): Promise<Response> =>
  fetch(`${url}/dicom-web${path}`, {
    headers: { Authorization: `Bearer ${token}`, Accept: 'application/dicom; transfer-syntax=*' },
  });

/** What an open archive holds, but for what only this copy of it may know: when tokens were revoked. */
async function contentOf(folder: string) {
  const { opened } = await ArchiveFixture.open(folder);
  const { token, ...others } = await wholeIndex(opened.database);
  return { others, tokens: token?.length };
}

/** A process that backs up an archive, and stops for ever when so many files are there. */
async function stoppedBackup(data: string, folder: string, files: number): Promise<OtherProcess> {
  const other = OtherProcess.run(`
    const [{ openArchive }, { placesInFolder }, { backUpArchive }, { silentLog: log }] = await Promise.all(
      ['archive/open-archive.ts', 'archive/places.ts', 'archive/copy/backup.ts', 'log.ts'].map(source),
    );
    const opened = await openArchive(placesInFolder(${JSON.stringify(data)}), { log, now: () => new Date() });
    let left = ${files};
    const watch = { begin() {}, complain() {}, advance(count) { left -= count; if (left <= 0) stop(); } };
    function stop() {
      say('stopped');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    await backUpArchive(opened, ${JSON.stringify(folder)}, { log, watch });
  `);
  expect(await other.line()).toBe('stopped');
  return other;
}

const HOLDS_ELSE = 'holds something else than a backup of this archive.';

describe('nccid backup', () => {
  it('F27: makes a folder in which verify finds nothing, and from which a server hands out what was stored', async () => {
    const { fixture } = await filledArchive();
    const { token } = await issue(fixture);
    const backup = newFolder();
    expect(await nccid(fixture.root, 'backup', backup)).toEqual({
      status: 0,
      printed: ['files copied 4', 'files already there 0'],
      errors: ['1 of 4 files', '2 of 4 files', '3 of 4 files', '4 of 4 files'],
    });
    expect((await readdir(backup)).sort()).toEqual(['incoming', 'index.sqlite', 'server.lock', 'studies']);
    expect((await stat(join(backup, 'index.sqlite'))).mode & 0o777).toBe(0o600);
    expect(await nccid(backup, 'verify')).toMatchObject({
      status: 0,
      errors: ['0 findings in 1 studies with 3 instances and 4 files.'],
    });
    const [own, other] = [await wholeIndex(fixture.opened.database), await ArchiveFixture.open(backup)];
    expect(await wholeIndex(other.opened.database)).toEqual(own);
    const url = await serve(backup);
    const answer = await ask(url, token, INSTANCE);
    const body = Buffer.from(await answer.arrayBuffer());
    expect({ status: answer.status, holds: body.includes(slice(2).subarray(132)) }).toEqual({
      status: 200,
      holds: true,
    });
  });

  it('SW-21 takes along what a site sets in all that it sends', async () => {
    const { fixture, scope } = await filledArchive();
    await setSiteAttributes(fixture.opened.database, 'Leeds', [{ attribute: 'InstitutionName', value: 'Leeds' }]);
    await fixture.store(scope, slice(4));
    const [backup, restored] = [newFolder(), newFolder()];
    expect(await nccid(fixture.root, 'backup', backup)).toMatchObject({ status: 0 });
    expect(await nccid(restored, 'restore', backup)).toMatchObject({ status: 0 });
    expect(await nccid(restored, 'reindex')).toMatchObject({ status: 0 });
    expect(await nccid(restored, 'verify')).toMatchObject({
      errors: ['0 findings in 1 studies with 4 instances and 5 files.'],
    });
    const other = await ArchiveFixture.open(restored);
    const warning = WARNING_REASON.coercionOfDataElements;
    expect(await other.store(scope, slice(3), slice(4), slice(5))).toMatchObject([
      { outcome: 'already-stored', warning: undefined },
      { outcome: 'already-stored', warning },
      { outcome: 'stored', warning },
    ]);
  });

  it('copies only what is new when it is run again', async () => {
    const { fixture, scope } = await filledArchive();
    const backup = newFolder();
    await nccid(fixture.root, 'backup', backup);
    const [key = ''] = await fixture.instanceKeys();
    const before = await stat(join(backup, key));
    await fixture.store(scope, slice(4), slice(1, '1.2.4'));
    const { status, printed } = await nccid(fixture.root, 'backup', backup);
    expect({ status, printed }).toEqual({ status: 0, printed: ['files copied 3', 'files already there 4'] });
    expect((await stat(join(backup, key))).ino).toBe(before.ino);
    expect(await nccid(backup, 'verify')).toMatchObject({
      errors: ['0 findings in 2 studies with 5 instances and 7 files.'],
    });
  });

  it('copies again what was cut short in the backup', async () => {
    const { fixture } = await filledArchive();
    const backup = newFolder();
    await nccid(fixture.root, 'backup', backup);
    const [key = ''] = await fixture.instanceKeys();
    await writeFile(join(backup, key), 'x');
    await writeFile(join(backup, 'studies/1.2.3/study.json'), '');
    expect((await nccid(fixture.root, 'backup', backup)).printed).toEqual(['files copied 2', 'files already there 2']);
    expect(await nccid(backup, 'verify')).toMatchObject({ status: 0 });
  });

  it('names the files that are damaged or missing at the source, copies the others, and fails', async () => {
    const { fixture } = await filledArchive();
    const [damaged = '', lost = '', whole = ''] = await fixture.instanceKeys();
    const bytes = await fixture.read(damaged);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await writeFile(fixture.path(damaged), bytes);
    await rm(fixture.path(lost));
    const backup = newFolder();
    const { status, printed, errors } = await nccid(fixture.root, 'backup', backup);
    expect({ status, printed }).toEqual({ status: 1, printed: ['files copied 2', 'files already there 0'] });
    expect(errors).toContain(`damaged-file\t${damaged}`);
    expect(errors).toContain(`missing-file\t${lost}`);
    expect(errors.at(-1)).toBe('2 files are damaged or missing at the source.');
    expect(await readFile(join(backup, whole))).toEqual(await fixture.read(whole));
    const { printed: findings } = await nccid(backup, 'verify');
    expect([...findings].sort()).toEqual([`missing-file\t${damaged}`, `missing-file\t${lost}`].sort());
  });

  it('F27: leaves the former backup whole when it is killed, and goes on where it was', async () => {
    const { fixture, scope } = await filledArchive();
    const backup = newFolder();
    await nccid(fixture.root, 'backup', backup);
    const former = await readFile(join(backup, 'index.sqlite'));
    await fixture.store(scope, ...slices(4, 20), ...slices(1, 20, '1.2.4'));
    await (await stoppedBackup(fixture.root, backup, 24)).kill();
    expect(await readFile(join(backup, 'index.sqlite'))).toEqual(former);
    const restored = newFolder();
    expect(await nccid(restored, 'restore', backup)).toMatchObject({ status: 0 });
    expect(await nccid(restored, 'verify')).toMatchObject({
      errors: ['0 findings in 1 studies with 3 instances and 4 files.'],
    });
    const { status, printed } = await nccid(fixture.root, 'backup', backup);
    const [, there] = /already there (\d+)/.exec(printed.join()) ?? [];
    expect({ status, isFurther: Number(there) > 10 }).toEqual({ status: 0, isFurther: true });
    expect(await nccid(backup, 'verify')).toMatchObject({
      errors: ['0 findings in 2 studies with 40 instances and 42 files.'],
    });
  });

  it('knows a first backup again that was killed, which is not an archive yet', async () => {
    const { fixture, scope } = await filledArchive();
    await fixture.store(scope, ...slices(4, 30));
    const backup = newFolder();
    await (await stoppedBackup(fixture.root, backup, 20)).kill();
    expect(await nccid(newFolder(), 'restore', backup)).toMatchObject({
      status: 1,
      errors: [expect.stringMatching(/^There is no archive at /)],
    });
    const other = await filledArchive();
    expect(await nccid(other.fixture.root, 'backup', backup)).toMatchObject({
      status: 1,
      errors: [`${backup} ${HOLDS_ELSE}`],
    });
    expect(await nccid(fixture.root, 'backup', backup)).toMatchObject({ status: 0 });
    expect(await nccid(backup, 'verify')).toMatchObject({ status: 0 });
  });

  it('refuses a folder in which another backup is under way', async () => {
    const { fixture } = await filledArchive();
    const backup = newFolder();
    const other = await stoppedBackup(fixture.root, backup, 2);
    expect(await nccid(fixture.root, 'backup', backup)).toMatchObject({
      status: 1,
      errors: [`${backup} is being served, restored or backed up to by another process.`],
    });
    await other.kill();
  });

  it('never writes into what is not a backup of this archive', async () => {
    const { fixture } = await filledArchive();
    const { fixture: other } = await filledArchive();
    await issue(other);
    const holiday = temporaryFolder();
    await writeFile(join(holiday, 'holiday.jpg'), 'x');
    const foreign = temporaryFolder();
    await writeFile(join(foreign, 'index.sqlite'), 'the index of something else');
    for (const folder of [other.root, holiday, foreign]) {
      const before = await readdir(folder);
      expect(await nccid(fixture.root, 'backup', folder)).toMatchObject({
        status: 1,
        errors: [`${folder} ${HOLDS_ELSE}`],
      });
      expect(await readdir(folder)).toEqual(before);
    }
    expect(await nccid(fixture.root, 'backup', join(fixture.root, '.'))).toMatchObject({
      status: 1,
      errors: [expect.stringMatching(/is the archive itself, not a place for a backup\.$/)],
    });
    expect(await nccid(other.root, 'verify')).toMatchObject({ status: 0 });
  });

  it('makes no archive where it should find one', async () => {
    const nowhere = newFolder();
    expect(await nccid(nowhere, 'backup', newFolder())).toMatchObject({
      status: 1,
      errors: [expect.stringMatching(/^There is no archive at /)],
    });
    await expect(stat(nowhere)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes an empty disk of its own', async () => {
    const { fixture } = await filledArchive();
    const disk = temporaryFolder();
    await mkdir(join(disk, 'lost+found'));
    expect(await nccid(fixture.root, 'backup', disk)).toMatchObject({ status: 0 });
  });

  it('keeps a backup that knows images which the archive has lost', async () => {
    const { fixture } = await filledArchive();
    const backup = newFolder();
    await nccid(fixture.root, 'backup', backup);
    const lost = (await fixture.instanceKeys()).at(-1) ?? '';
    await rm(fixture.path(lost));
    await nccid(fixture.root, 'reindex');
    expect(await nccid(fixture.root, 'backup', backup)).toMatchObject({
      status: 1,
      errors: [expect.stringMatching(/Back up to another folder, and keep this one\.$/)],
    });
    expect(await nccid(backup, 'verify')).toMatchObject({ status: 0 });
    expect(await nccid(fixture.root, 'backup', newFolder())).toMatchObject({ status: 0 });
  });

  it('F27 T75: holds all that was acknowledged before it began, while hospitals go on sending', async () => {
    const { fixture } = await filledArchive();
    const { token: siteToken } = await issue(fixture, { kind: 'site', site: 'Leeds' });
    const { token: curatorToken } = await issue(fixture);
    const archive = { url: await serve(fixture.root), siteToken, curatorToken };
    const [writers, stop, backup] = [new LoadWriters('backup', 4), new AbortController(), newFolder()];
    const writing = writers.run(archive, stop.signal);
    await expect.poll(() => writers.acknowledged.length).toBeGreaterThan(0);
    const expected = writers.acknowledged.map(({ sopInstanceUID, sha256 }) => ({ sopInstanceUID, sha256 }));
    const command = spawn(process.execPath, ['--import', 'tsx', MAIN, 'backup', backup, '--data', fixture.root], {
      cwd: import.meta.dirname,
      stdio: 'ignore',
    });
    const [status] = await once(command, 'exit');
    stop.abort();
    await writing;
    expect({ status, isSome: expected.length > 0 }).toEqual({ status: 0, isSome: true });
    expect(writers.acknowledged.length).toBeGreaterThan(expected.length);
    expect(await nccid(backup, 'verify')).toMatchObject({ status: 0, printed: [] });

    const restored = newFolder();
    expect(await nccid(restored, 'restore', backup)).toMatchObject({ status: 0 });
    const { opened } = await ArchiveFixture.open(restored);
    const findings: unknown[] = [];
    for await (const finding of verifyArchive(opened)) findings.push(finding);
    expect(findings).toEqual([]);
    const rows = await opened.database.read.selectFrom('instance').select(['sop_instance_uid', 'sha256']).execute();
    const sha256s = new Map(rows.map((row) => [row.sop_instance_uid, row.sha256]));
    expect(expected.filter(({ sopInstanceUID, sha256 }) => sha256s.get(sopInstanceUID) !== sha256)).toEqual([]);
  });
});

const REVOKED =
  'All tokens are revoked, for some may have been since the backup: issue new ones, or restore with --keep-tokens.';
const KEPT = 'Tokens that were revoked after the backup are good again: revoke them.';

/** A backup with two tokens, of which one was revoked only after it. */
async function backedUpArchive() {
  const { fixture, scope } = await filledArchive();
  const { token } = await issue(fixture);
  const { token: revokedLater, tokenID } = await issue(fixture);
  const backup = newFolder();
  await nccid(fixture.root, 'backup', backup);
  await revokeToken(fixture.opened.database, tokenID, Date.now());
  return { fixture, scope, backup, token, revokedLater };
}

const statusesOf = async (folder: string, ...tokens: readonly string[]): Promise<readonly number[]> => {
  const url = await serve(folder);
  return Promise.all(tokens.map(async (token) => (await ask(url, token, INSTANCE)).status));
};

describe('nccid restore', () => {
  it('F27: makes the archive again somewhere else, and verify finds nothing', async () => {
    const { fixture, backup } = await backedUpArchive();
    const restored = newFolder();
    const { status, printed, errors } = await nccid(restored, 'restore', backup);
    expect({ status, printed }).toEqual({
      status: 0,
      printed: ['patient 1', 'study 1', 'series 1', 'instance 3', 'files copied 4', 'files already there 0'],
    });
    expect(errors.at(-1)).toBe(REVOKED);
    expect(await nccid(restored, 'verify')).toMatchObject({
      status: 0,
      errors: ['0 findings in 1 studies with 3 instances and 4 files.'],
    });
    expect(await contentOf(restored)).toEqual(await contentOf(fixture.root));
  });

  it('F27: makes an archive again that is more than is read of it at once', async () => {
    const { fixture, scope } = await filledArchive();
    await fixture.store(scope, ...slices(4, 510));
    const [backup, restored] = [newFolder(), newFolder()];
    await nccid(fixture.root, 'backup', backup);
    expect(await nccid(restored, 'restore', backup, '--keep-tokens')).toMatchObject({
      status: 0,
      printed: expect.arrayContaining(['instance 510', 'files copied 511']),
    });
    expect(await nccid(restored, 'verify')).toMatchObject({ status: 0 });
    expect(await contentOf(restored)).toEqual(await contentOf(fixture.root));
  });

  it('T75: brings no token to life again that was revoked since the backup', async () => {
    const { backup, token, revokedLater } = await backedUpArchive();
    const restored = newFolder();
    await nccid(restored, 'restore', backup);
    expect(await statusesOf(restored, token, revokedLater)).toEqual([401, 401]);
  });

  it('T75: keeps tokens only when it is told to, and says what that means', async () => {
    const { backup, token, revokedLater } = await backedUpArchive();
    const restored = newFolder();
    const { status, errors } = await nccid(restored, 'restore', backup, '--keep-tokens');
    expect({ status, said: errors.at(-1) }).toEqual({ status: 0, said: KEPT });
    expect(await statusesOf(restored, token, revokedLater)).toEqual([200, 200]);
  });

  it('T75: revokes what an earlier restore has kept, and never gives back what was revoked', async () => {
    const { backup, token, revokedLater } = await backedUpArchive();
    const restored = newFolder();
    await nccid(restored, 'restore', backup, '--keep-tokens');
    expect(await nccid(restored, 'restore', backup)).toMatchObject({ status: 0 });
    expect(await nccid(restored, 'restore', backup, '--keep-tokens')).toMatchObject({ status: 0 });
    expect(await statusesOf(restored, token, revokedLater)).toEqual([401, 401]);
  });

  it('gives the archive back where only its index was lost; a reindex finds what came after the backup', async () => {
    const { fixture, scope, backup } = await backedUpArchive();
    await fixture.store(scope, slice(4), slice(1, '1.2.4'));
    await fixture.opened.close();
    for (const ending of ['', '-wal', '-shm']) await rm(fixture.path(`index.sqlite${ending}`), { force: true });
    const { status, printed } = await nccid(fixture.root, 'restore', backup);
    expect({ status, files: printed.slice(-2) }).toEqual({
      status: 0,
      files: ['files copied 0', 'files already there 4'],
    });
    expect((await nccid(fixture.root, 'reindex')).printed).toContain('instances 5');
    expect(await nccid(fixture.root, 'verify')).toMatchObject({ status: 0 });
  });

  it('names what is damaged in the backup, restores the others, and fails', async () => {
    const { fixture, backup } = await backedUpArchive();
    const [damaged = ''] = await fixture.instanceKeys();
    await writeFile(join(backup, damaged), 'x');
    const restored = newFolder();
    const { status, errors } = await nccid(restored, 'restore', backup);
    expect({ status, last: errors.at(-1) }).toEqual({
      status: 1,
      last: '1 files are damaged or missing at the source.',
    });
    expect(errors).toContain(`damaged-file\t${damaged}`);
    expect((await nccid(restored, 'verify')).printed).toEqual([`missing-file\t${damaged}`]);
  });

  it('refuses where another archive is, or more than the backup has', async () => {
    const { fixture, scope, backup } = await backedUpArchive();
    const { fixture: other } = await filledArchive();
    const more = 'The target holds rows that the source does not: it is another archive, or a later state of this one.';
    expect(await nccid(other.root, 'restore', backup)).toMatchObject({ status: 1, errors: [more] });
    await issue(other);
    const before = await wholeIndex(other.opened.database);
    expect(await nccid(other.root, 'restore', backup)).toMatchObject({
      status: 1,
      errors: ['The target holds another archive.'],
    });
    expect(await wholeIndex(other.opened.database)).toEqual(before);
    await fixture.store(scope, slice(4));
    expect(await nccid(fixture.root, 'restore', backup)).toMatchObject({ status: 1, errors: [more] });
  });

  it('refuses where files of another archive are', async () => {
    const { backup } = await backedUpArchive();
    const { fixture: other, scope } = await filledArchive();
    await other.store(scope, slice(1, '1.2.99'));
    await rm(other.path('studies/1.2.3'), { recursive: true });
    await other.opened.close();
    await rm(other.path('index.sqlite'));
    expect(await nccid(other.root, 'restore', backup)).toMatchObject({
      status: 1,
      errors: ['Where the files would go are those of another archive.'],
    });
  });

  it('refuses an archive that is served, and one where there is none', async () => {
    const { fixture, backup } = await backedUpArchive();
    await serve(fixture.root);
    expect(await nccid(fixture.root, 'restore', backup)).toMatchObject({
      status: 1,
      errors: [expect.stringMatching(/is in use: stop its server first\.$/)],
    });
    const nowhere = newFolder();
    expect(await nccid(newFolder(), 'restore', nowhere)).toMatchObject({
      status: 1,
      errors: [expect.stringMatching(/^There is no archive at /)],
    });
    await expect(stat(nowhere)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await nccid(backup, 'restore', backup)).toMatchObject({
      status: 1,
      errors: ['An archive is not copied to where it is.'],
    });
  });
});

describe('deletions and backups', () => {
  const everything = { kind: 'everything' } as const;
  const remove = ({ opened }: ArchiveFixture, path: Parameters<typeof opened.archive.deletions.delete>[0]) =>
    opened.archive.as(everything).delete(path, 'test');

  it('take what was deleted out of the next backup, though it was the newest, and restore both the rest and the refusal', async () => {
    const { fixture, scope } = await filledArchive();
    const backup = newFolder();
    expect((await nccid(fixture.root, 'backup', backup)).status).toBe(0);
    await remove(fixture, { studyInstanceUID: '1.2.3', seriesInstanceUID: '1.2.3.1', sopInstanceUID: '1.2.3.1.3' });
    expect(await nccid(fixture.root, 'backup', backup)).toMatchObject({
      status: 0,
      printed: ['files copied 1', 'files already there 3'],
    });
    const files = async (folder: string) =>
      (await readdir(join(folder, 'studies/1.2.3/1.2.3.1'))).map((name) => name.slice(0, 9)).sort();
    expect(await files(backup)).toEqual(['1.2.3.1.1', '1.2.3.1.2']);
    expect(await readdir(join(backup, 'deletions'))).toHaveLength(1);
    const restored = newFolder();
    expect((await nccid(restored, 'restore', backup, '--keep-tokens')).status).toBe(0);
    expect(await contentOf(restored)).toEqual(await contentOf(fixture.root));
    expect((await nccid(restored, 'verify')).status).toBe(0);
    const again = await ArchiveFixture.open(restored);
    expect(await again.store(scope, slice(3))).toMatchObject([{ outcome: 'refused', reason: 0x0124 }]);
  });

  it('F27: are no complaint when they come while the files are copied', async () => {
    const { fixture } = await filledArchive();
    const backup = newFolder();
    let isDeleted = false;
    const complaints: string[] = [];
    const original = fixture.opened.blobs.open.bind(fixture.opened.blobs);
    const blobs = withFaults(fixture.opened.blobs, {
      open: async (key) => {
        if (!isDeleted) {
          isDeleted = true;
          await remove(fixture, { studyInstanceUID: '1.2.3', seriesInstanceUID: '1.2.3.1' });
        }
        return original(key);
      },
    });
    const files = await backUpArchive({ ...fixture.opened, blobs }, backup, {
      log: silentLog,
      watch: { begin: () => {}, advance: () => {}, complain: ({ key }) => complaints.push(key) },
    });
    expect([complaints, files.uncopied, files.gone]).toEqual([[], 0, 0]);
    expect((await nccid(backup, 'verify')).errors).toEqual(['0 findings in 0 studies with 0 instances and 1 files.']);
  });
});
