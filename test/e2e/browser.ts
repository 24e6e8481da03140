/** Debian's Chromium with a page in it, which takes down whatever a user should not meet: errors, failed requests, requests elsewhere. */
import { type Browser, type BrowserContext, chromium, type Page, type Request } from 'playwright-core';
import { expect } from 'vitest';

export const CHROMIUM = '/usr/bin/chromium';
/** What is clicked to be signed in by a link. */
export const LINK_BUTTON = 'Sign in with this link';
const SIZE = { width: 1280, height: 800 };
/** Draws WebGL without a graphics card, and asks nobody for anything by itself. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Of the browser itself: its viewer of PDF is a page too, and what is made in memory has no server. */
const INSIDE = ['blob:', 'data:', 'chrome://', 'chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/'];

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** A visit to one server, in a page of its own with neither cookies nor cache of another. */
export class Visit {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #complaints: string[] = [];
  readonly #origin: string;
  #isOver = false;

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    this.#origin = origin;
    page.on('console', (message) => {
      if (message.type() === 'error') this.#complain(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.#complain(`page: ${error.message}`));
    page.on('request', (request) => this.#judge(request));
    page.on('requestfailed', (request) => this.#complain(`${request.failure()?.errorText}: ${request.url()}`));
    page.on('response', (response) => {
      if (response.status() >= 400) this.#complain(`${response.status()}: ${response.url()}`);
    });
  }

  /** Open a page; every address is one of `origin`. */
  static async begin(browser: Browser, origin: string): Promise<Visit> {
    const context = await browser.newContext({ viewport: SIZE });
    return new Visit(context, await context.newPage(), origin);
  }

  /** Follow the link that signs in and leads on to `next`, and consent to it. */
  async signIn(token: string, next: string): Promise<void> {
    await this.page.goto(`${this.#origin}/sign-in?next=${encodeURIComponent(next)}#${token}`);
    await this.page.getByRole('button', { name: LINK_BUTTON }).click();
    await this.page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
  }

  /** Go to a path of the server. */
  async goto(path: string): Promise<void> {
    await this.page.goto(this.#origin + path);
  }

  /** End the visit, in which nothing may have gone wrong but what was to go wrong. */
  async end(expected: RegExp = /^$/): Promise<void> {
    this.#isOver = true;
    await this.#context.close();
    expect(this.#complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
  }

  #judge(request: Request): void {
    const url = request.url();
    if (!url.startsWith(`${this.#origin}/`) && !INSIDE.some((start) => url.startsWith(start))) {
      this.#complain(`asked elsewhere: ${url}`);
    }
  }

  /** What a page that is closed leaves undone is its own affair. */
  #complain(what: string): void {
    if (!this.#isOver) this.#complaints.push(what);
  }
}
