/** A served archive with something to look at, and the tokens of those who look. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import { multipartBody } from '../support/running-archive.js';
import { runCommand, ServedArchive } from '../support/served-archive.js';
import { launchBrowser, Visit } from './browser.js';
import { untilDrawn } from './viewing.js';

/** Levels of pino: warnings are 40. */
const LOGGED_ERROR = /"level":[456]0/;

/** Where the viewer shows studies. */
export const pathOfStudies = (...studyInstanceUIDs: readonly string[]): string =>
  `/viewer/viewer?StudyInstanceUIDs=${studyInstanceUIDs.join(',')}`;

export class ViewedArchive {
  readonly archive: ServedArchive;
  readonly #browser: Browser;

  private constructor(archive: ServedArchive, browser: Browser) {
    this.archive = archive;
    this.#browser = browser;
  }

  /** Serve an archive with these instances, and start a browser. Close it when done. */
  static async open(instances: readonly Buffer[]): Promise<ViewedArchive> {
    const archive = await ServedArchive.make(await mkdtemp(join(tmpdir(), 'nccid-viewed-')));
    await archive.start();
    const viewed = new ViewedArchive(archive, await launchBrowser());
    await viewed.store(instances).catch(async (error: unknown) => {
      await viewed.close();
      throw error;
    });
    return viewed;
  }

  async store(instances: readonly Buffer[]): Promise<void> {
    const { url, siteToken } = this.archive;
    const answer = await fetch(`${url}/dicom-web/studies`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${siteToken}`,
        'Content-Type': 'multipart/related; type="application/dicom"; boundary=parts',
      },
      body: multipartBody(instances, 'parts'),
    });
    const told = await answer.text();
    // With a warning is stored as well.
    if (!answer.ok || told.includes('"00081198"')) throw new Error(`The instances were not stored: ${told}`);
  }

  /** Ask the DICOMweb services as the curator does. */
  async ask(path: string): Promise<unknown> {
    const answer = await fetch(`${this.archive.url}/dicom-web${path}`, {
      headers: { Authorization: `Bearer ${this.archive.curatorToken}` },
    });
    return answer.json();
  }

  /** Give out a token under a new licence for these kinds of imaging, of patients for training. */
  async licenceToken(kinds: string): Promise<string> {
    const reference = await this.#run(
      'licence',
      'add',
      '--project',
      'Viewing',
      '--modalities',
      kinds,
      '--splits',
      'training,validation',
    );
    return this.#run('token', '--licence', reference, '--person', 'ada@example.org');
  }

  /** Visit the archive as nobody yet. End it when done. */
  visit(): Promise<Visit> {
    return Visit.begin(this.#browser, this.archive.url);
  }

  /** Visit the archive, signed in, and go to a page of the viewer. End it when done. */
  async visitAs(token: string, path = '/viewer/'): Promise<Visit> {
    const visit = await this.visit();
    await visit.signIn(token, path);
    return visit;
  }

  /** Open studies as the curator, and wait until the first image is drawn. */
  async openStudies(...studyInstanceUIDs: readonly string[]): Promise<Visit> {
    const visit = await this.visitAs(this.archive.curatorToken, pathOfStudies(...studyInstanceUIDs));
    await untilDrawn(visit);
    return visit;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.archive.stop();
    await rm(this.archive.folder, { recursive: true, force: true });
    // Whatever a browser does, breaking off included, is nothing for the log.
    expect(this.archive.log.filter((line) => LOGGED_ERROR.test(line))).toEqual([]);
  }

  async #run(...args: readonly string[]): Promise<string> {
    const { lines, errors } = await runCommand(this.archive.folder, ...args);
    const [line] = lines;
    if (line === undefined) throw new Error(errors);
    return line;
  }
}
