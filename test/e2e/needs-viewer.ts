/** Says at once what is missing, where every test would wait for it in vain. */
import { existsSync } from 'node:fs';
import { loadConfig } from '../../src/config.js';
import { ViewerFiles } from '../../src/portal/viewer/viewer-files.js';
import { CHROMIUM } from './browser.js';

export async function setup(): Promise<void> {
  if (!existsSync(CHROMIUM)) throw new Error(`These tests need ${CHROMIUM}: apt-get install chromium.`);
  if ((await ViewerFiles.open(loadConfig().viewerFolder)) === undefined) {
    throw new Error('These tests need the viewer: node dist/start.cjs fetch viewer.');
  }
}
