// Debian's Chromium, driven by playwright-core, with an ear for what goes wrong in a page.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';

const CHROMIUM = '/usr/bin/chromium';

/** Whether tests in a browser can run. In CI they must: there a missing browser is a failure, elsewhere a skip. */
export const hasChromium = existsSync(CHROMIUM);
if (!hasChromium && process.env.CI) throw new Error('Expected chromium in CI: scripts/setup.sh --test-tools');

/** Builds the page as it is now into dist/web, which a gateway serves that starts after this. */
export async function buildPage(): Promise<void> {
  await build({ root: join(import.meta.dirname, '../../web'), logLevel: 'warn' });
}

export interface Browser {
  /** Opens a tab. `problems` fills with console errors, uncaught exceptions and violations of the page's policy. */
  open(
    url: string,
    options?: { widthPx?: number; dark?: boolean },
  ): Promise<{ page: Page; problems: string[] }>;
  close(): Promise<void>;
}

/** Starts a Chromium with a profile of its own. */
export async function startBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'verbcast-chromium-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    acceptDownloads: true,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    async open(url, { widthPx = 1_280, dark = false } = {}) {
      const page = await context.newPage();
      await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
      await page.setViewportSize({ width: widthPx, height: 800 });
      const problems: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) problems.push(message.text());
      });
      page.on('pageerror', (error) => problems.push(String(error)));
      await page.addInitScript(
        `addEventListener('securitypolicyviolation', (event) =>
           console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI));`,
      );
      await page.goto(url);
      return { page, problems };
    },
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
