/** The pages of the archive, as one Express router: every one of them, with what stands behind it. */
import { type Request, type Response, Router } from 'express';
import { STYLE_PATH, sendPage } from './page.js';
import { SIGN_IN_PATH, SIGN_IN_SCRIPT, SIGN_IN_SCRIPT_PATH, SIGN_OUT_PATH, SignIn } from './sign-in.js';
import { startPage } from './start-page.js';
import { STYLE_SHEET } from './style-sheet.js';
import { ViewerDoor } from './viewer/viewer-door.js';
import { type Doorkeeper, visitorOf } from './visitor.js';

export interface PortalOptions extends Doorkeeper {
  /** The URL under which browsers see the archive, without a slash at its end. */
  readonly publicURL: string;
  /** The path of the DICOMweb services below it. */
  readonly dicomwebPath: string;
  /** Where the viewer is unpacked, or would be. */
  readonly viewerFolder: string;
}

/** Make the router. */
export function portal({ authenticator, sessions, publicURL, dicomwebPath, viewerFolder }: PortalOptions): Router {
  const { pathname } = new URL(publicURL);
  const base = pathname === '/' ? '' : pathname;
  const doorkeeper = { authenticator, sessions };
  const signIn = new SignIn(doorkeeper, base);
  const viewer = new ViewerDoor({ doorkeeper, base, publicURL, dicomwebPath, viewerFolder });
  const router = Router();

  router.get('/', async (request, response) => {
    const visitor = await visitorOf(doorkeeper, request);
    const main = startPage({ base, dicomweb: publicURL + dicomwebPath, visitor });
    sendPage(response, { base, title: 'Start', main });
  });
  router.get(SIGN_IN_PATH, (request, response) => signIn.show(request, response));
  router.post(SIGN_IN_PATH, (request, response) => signIn.begin(request, response));
  router.post(SIGN_OUT_PATH, (request, response) => signIn.end(request, response));
  router.get('/session', async (request, response) => {
    const { caller } = await visitorOf(doorkeeper, request);
    response.set('Cross-Origin-Resource-Policy', 'same-origin').json({ isSignedIn: caller !== undefined });
  });
  router.get(STYLE_PATH, text('text/css', STYLE_SHEET));
  router.get(SIGN_IN_SCRIPT_PATH, text('text/javascript', SIGN_IN_SCRIPT));
  router.get(['/viewer', '/viewer/{*path}'], (request, response) => viewer.answer(request, response));
  return router;
}

const text =
  (type: string, body: string) =>
  (_request: Request, response: Response): void => {
    response.set({ 'Cache-Control': 'no-cache', 'Cross-Origin-Resource-Policy': 'same-origin' }).type(type).send(body);
  };
