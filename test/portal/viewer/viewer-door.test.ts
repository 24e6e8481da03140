import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import express from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { unpackViewer } from '../../../src/portal/viewer/unpack-viewer.js';
import { sendFile } from '../../../src/portal/viewer/viewer-door.js';
import { ViewerFiles } from '../../../src/portal/viewer/viewer-files.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { SCRIPT, writePackage } from '../../support/viewer-package.js';

const WRITE_MS = 300;
const LARGER_THAN_SOCKETS_BYTES = 64 * 1024 * 1024;

it('T53 cuts off who takes nothing of a file of the viewer, and closes the file', async () => {
  const folder = temporaryFolder();
  const tarball = join(folder, 'package.tgz');
  await unpackViewer(tarball, join(folder, 'viewer'), writePackage(tarball));
  const files = await ViewerFiles.open(join(folder, 'viewer'));
  const script = files?.find(SCRIPT);
  if (files === undefined || script === undefined) throw new Error('The viewer was not unpacked.');
  await writeFile(files.placeOf(script, 'identity'), Buffer.alloc(LARGER_THAN_SOCKETS_BYTES));
  const large = { ...script, bytes: { identity: LARGER_THAN_SOCKETS_BYTES } };

  const sent = new Promise<string>((resolve, reject) => {
    const app = express();
    app.get('/', (request, response) =>
      sendFile(request, response, files, large, WRITE_MS).then(() => resolve('over'), reject),
    );
    const server = app.listen(0, '127.0.0.1', () => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => undefined).pause();
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    });
    onTestFinished(() => void server.close().closeAllConnections());
  });
  expect(await Promise.race([sent, wait(20 * WRITE_MS, 'open')])).toBe('over');
});
