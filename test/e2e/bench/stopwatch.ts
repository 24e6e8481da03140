/** How long it takes from opening a study to its first image, and to all of them, as the page itself sees it. */
import type { Browser } from 'playwright-core';
import { LINK_BUTTON } from '../browser.js';
import { pathOfStudies } from '../viewed-archive.js';

export interface Times {
  /** Milliseconds from the beginning of the navigation. */
  readonly firstImage: number;
  readonly allImages: number;
}

interface Watched {
  firstImage?: number;
  allImages?: number;
}

declare const cornerstone: {
  getEnabledElements(): readonly {
    readonly viewport: {
      readonly viewportStatus: string;
      getImageIds(): readonly string[];
      getCurrentImageId(): string | undefined;
    };
  }[];
  readonly cache: { getImage(imageID: string): unknown };
};
declare global {
  var watched: Watched | undefined;
}

const PATIENCE_MS = 120_000;

/** Sent as text to the page before anything of its own; looks every 10 ms. No function in it has a name: tsx would mark it. */
function watch(images: number): void {
  const times: Watched = {};
  watched = times;
  const timer = setInterval(() => {
    if (typeof cornerstone === 'undefined') return;
    const viewport = cornerstone.getEnabledElements()[0]?.viewport;
    const shown = viewport?.getCurrentImageId?.();
    if (viewport?.viewportStatus !== 'rendered' || shown === undefined) return;
    if (cornerstone.cache.getImage(shown) !== undefined) times.firstImage ??= performance.now();
    const imageIDs = viewport.getImageIds();
    if (imageIDs.length !== images) return;
    if (imageIDs.some((imageID) => cornerstone.cache.getImage(imageID) === undefined)) return;
    times.allImages = performance.now();
    clearInterval(timer);
  }, 10);
}

/** Sign in at a server, open a study of so many images there in a new window, and measure. */
export async function timeStudy(
  browser: Browser,
  url: string,
  token: string,
  study: string,
  images: number,
): Promise<Times> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    await page.goto(`${url}/sign-in?next=%2F#${token}`);
    await page.getByRole('button', { name: LINK_BUTTON }).click();
    await page.waitForURL(`${url}/`);
    await page.addInitScript(watch, images);
    await page.goto(url + pathOfStudies(study));
    const times = await page.waitForFunction(
      () => (watched?.allImages === undefined ? undefined : watched),
      undefined,
      {
        timeout: PATIENCE_MS,
      },
    );
    const { firstImage = Number.NaN, allImages = Number.NaN } = (await times.jsonValue()) ?? {};
    return { firstImage, allImages };
  } finally {
    await context.close();
  }
}
