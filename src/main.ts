/** The command `nccid`, put together by hand; `start` begins it. */
import { DICOMWEB_PATH, startServer } from './app.js';
import { addAllowCommand } from './cli/allow.js';
import { addAttributeCommand } from './cli/attribute.js';
import { addBackupCommand } from './cli/backup.js';
import type { Output } from './cli/context.js';
import { addDeleteCommand } from './cli/delete.js';
import { addDemoCommand } from './cli/demo.js';
import { addFetchCommand, type Viewer } from './cli/fetch.js';
import { addImportCommand } from './cli/import.js';
import { addKeyCommand } from './cli/key.js';
import { addLicenceCommand } from './cli/licence.js';
import { addMigrateArchiveCommand } from './cli/migrate-archive.js';
import { buildProgram, runProgram } from './cli/program.js';
import { addReindexCommand } from './cli/reindex.js';
import { addRestoreCommand } from './cli/restore.js';
import { addServeCommand, type StartServer } from './cli/serve.js';
import { addSiteCommand } from './cli/site.js';
import { addTokenCommand } from './cli/token.js';
import { addVerifyCommand } from './cli/verify.js';
import { loadConfig } from './config.js';
import { createLog } from './log.js';
import { unpackViewer } from './portal/viewer/unpack-viewer.js';
import { readContents } from './portal/viewer/viewer-files.js';
import { VIEWER_PACKAGE } from './portal/viewer/viewer-package.js';

const log = createLog('info');
const now = (): number => Date.now();
const start: StartServer = (config) => startServer({ config, log, now });
const viewer: Viewer = {
  ...VIEWER_PACKAGE,
  isIn: async (folder) => (await readContents(folder)) !== undefined,
  unpack: unpackViewer,
};

const output: Output = {
  print: (line) => void process.stdout.write(`${line}\n`),
  printError: (line) => void process.stderr.write(`${line}\n`),
};

// Whoever reads a long list may have seen enough of it: `nccid verify | head`.
process.stdout.on('error', () => process.exit(1));

const program = buildProgram({
  commands: [
    addServeCommand(start),
    addDemoCommand(start, DICOMWEB_PATH),
    addFetchCommand(viewer),
    addSiteCommand,
    addLicenceCommand,
    addAttributeCommand,
    addTokenCommand,
    addKeyCommand,
    addImportCommand,
    addDeleteCommand,
    addAllowCommand,
    addVerifyCommand,
    addReindexCommand,
    addBackupCommand,
    addRestoreCommand,
    addMigrateArchiveCommand,
  ],
  output,
  readSettings: (flags, defaultDataFolder) => loadConfig(undefined, flags, defaultDataFolder),
  log,
  isWatched: process.stderr.isTTY,
  now,
});

process.exitCode = await runProgram(program, process.argv.slice(2), output);
