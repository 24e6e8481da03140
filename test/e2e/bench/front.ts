/**
 * One address for the viewer and an archive, as a proxy gives it: the viewer's own files come from one server, DICOMweb from
 * another. Both archives stand behind the same, so that what it takes is the same for both. The viewer asks our archive for
 * single frames and thumbnails; of another it asks for multipart bodies, which every archive has, and makes thumbnails itself.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

const DICOMWEB = '/dicom-web/';
const CONFIGURATION = '/viewer/app-config.js';
/** What our archive has and others may not, and what stands in its place. */
const OWN: readonly (readonly [RegExp, string])[] = [
  [/"acceptHeader":\[[^\]]*\],?/, ''],
  [/"thumbnailDirect"/, '"wadors"'],
];

export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param viewer the URL of the server that has the viewer
 * @param dicomweb the URL of the DICOMweb services
 * @param isOwn whether the viewer may ask as it asks our own archive
 */
export async function startFront(viewer: string, dicomweb: string, isOwn: boolean): Promise<Front> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, response) => {
    const target =
      incoming.url?.startsWith(DICOMWEB) === true
        ? dicomweb + incoming.url.slice(DICOMWEB.length - 1)
        : viewer + incoming.url;
    if (incoming.url === CONFIGURATION && !isOwn) return void sendConfiguration(viewer, response);
    // A browser that has gone away breaks off what it asked for.
    void pass(incoming, response, target, agent).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function sendConfiguration(viewer: string, response: ServerResponse): Promise<void> {
  let script = await (await fetch(viewer + CONFIGURATION)).text();
  for (const [own, other] of OWN) {
    if (!own.test(script)) throw new Error(`The configuration does not say ${own}.`);
    script = script.replace(own, other);
  }
  response.setHeader('Content-Type', 'text/javascript');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.end(script);
}

async function pass(incoming: IncomingMessage, response: ServerResponse, target: string, agent: Agent): Promise<void> {
  const { method, headers } = incoming;
  const outgoing = request(target, { method, headers, agent });
  const answered = new Promise<IncomingMessage>((resolve, reject) =>
    outgoing.once('response', resolve).once('error', reject),
  );
  await pipeline(incoming, outgoing);
  const answer = await answered;
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  await pipeline(answer, response);
}
