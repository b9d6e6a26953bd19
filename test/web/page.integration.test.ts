// The page as people use it: in a real browser, against the whole system with the real model.
import { readFile, writeFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type AllServices, startAllServices } from '../../cli/all-services.ts';
import { createClient } from '../../client/client.ts';
import { type ClipDirectory, openClipDirectory } from '../fixtures/clip.ts';
import { eventually } from '../support/eventually.ts';
import { type Browser, buildPage, hasChromium, startBrowser } from './browser.ts';

/** The lowest score that the sliders give: with it a label of any picture starts to hold. */
const LOWEST = '0.01';

describe.skipIf(!hasChromium)('the page in Chromium (skipped where /usr/bin/chromium is missing)', () => {
  let clips: ClipDirectory;
  let services: AllServices;
  let browser: Browser;
  /** Long enough to be still under way when its labels are changed. */
  let longClip: string;

  beforeAll(async () => {
    clips = await openClipDirectory();
    longClip = await clips.make(
      ...['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=10:duration=900'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '20', '-pix_fmt', 'yuv420p', 'pattern.mp4'],
    );
    await buildPage();
    services = await startAllServices(
      {
        ...{ PATH: process.env.PATH, GATEWAY_PORT: '0', MODEL: 'pocket' },
        ...{ DATA_DIR: clips.file('data'), MEDIA_DIRS: clips.path },
      },
      process.env.VERBCAST_TEST_LOG === 'debug' ? 'debug' : 'silent',
    );
    browser = await startBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await services?.close();
    await clips?.remove();
  });

  it('uploads a file, shows what happens in it, takes other labels, seeks, stops and saves', async () => {
    const { page, problems } = await browser.open(services.url);
    await page.locator('#file').setInputFiles(longClip);
    await addLabels(page, 'a test pattern', 'people dancing');
    await page.getByText('Options').click();
    await page.getByLabel('Frames looked at per second').fill('10');
    await page.getByLabel('An action starts at a score of').fill(LOWEST);
    await page.getByRole('button', { name: 'Start watching' }).click();

    await page.waitForURL(/[?&]stream=st_[0-9a-z]+$/);
    const now = page.getByRole('region', { name: /^Now/ });
    await now.getByText('a test pattern').waitFor();
    await now
      .getByText(/^since 0:/)
      .first()
      .waitFor();
    await page.locator('.block').first().waitFor();
    expect(await page.locator('.chart canvas').count()).toBe(1);
    await expectWords(page.locator('[aria-live=polite]'), /started at|actions so far/);

    await page.getByLabel('Add a label').fill('a cat sleeping');
    await page.getByLabel('Add a label').press('Enter');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('Labels, version 2: added a cat sleeping').waitFor();
    await now.getByText('a cat sleeping').waitFor();
    await page.locator('.overlay-labels').waitFor();

    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped').first().waitFor();

    const last = page.locator('.block').last();
    await last.click();
    await expectVideoAt(page, await startOf(last));
    const first = page.locator('.block').first();
    await first.press('Enter');
    await expectVideoAt(page, await startOf(first));

    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'VTT' }).click();
    const saved = await readFile(await (await saving).path(), 'utf8');
    expect(saved).toMatch(/^WEBVTT\b/);
    expect(saved).toContain('a test pattern');

    await page.reload();
    await page.locator('.block').first().waitFor();
    await page.getByText('The footage is not in this browser.').waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  it('answers what nobody looked for at the time, and goes to where it was', async () => {
    const { page, problems } = await browser.open(services.url);
    await page.locator('#file').setInputFiles(longClip);
    await addLabels(page, 'a test pattern');
    await page.getByRole('button', { name: 'Start watching' }).click();
    const past = page.getByRole('region', { name: 'Ask the past' });
    await page.locator('.marks').waitFor();
    await page.getByText('Watching').first().waitFor();
    await page.getByRole('region', { name: /^Now/ }).getByText('a test pattern').waitFor();
    const ask = async (words: string) => {
      await past.getByRole('textbox').fill(words);
      await past.getByRole('button', { name: 'Ask' }).click();
    };
    await ask('a cat sleeping');
    await past.getByText('Nothing that has been seen resembles it.').waitFor();
    // What the model takes the pattern for, more than for anything that is always there.
    await ask('drawing');
    const moments = past.locator('.moments li');
    await moments.first().waitFor();
    const labels = await moments.locator('span:not(.number)').allTextContents();
    expect(new Set(labels)).toEqual(new Set(['drawing']));
    const scores = (await moments.locator('.number').allTextContents()).map(Number);
    expect(scores).toEqual([...scores].sort((one, other) => other - one));
    expect(scores.at(-1)).toBeGreaterThan(0.3);

    const moment = moments.first().getByRole('button');
    const [minutes = 0, seconds = 0] = ((await moment.textContent()) ?? '').split(':').map(Number);
    await moment.click();
    await expectVideoAt(page, minutes * 60 + seconds);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped').first().waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows what a live source shows, as the model sees it, and that it is gone with the stream', async () => {
    const client = createClient({ url: services.url, WebSocket });
    const { id } = await client.createStream({
      source: { path: 'pattern.mp4' },
      labels: ['a test pattern'],
      options: { mode: 'live', sampleFps: 5 },
    });
    const { page, problems } = await browser.open(`${services.url}/?stream=${id}`);
    const picture = page.getByRole('region', { name: 'Video' }).getByRole('img');
    await picture.waitFor();
    await page.getByText('cropped picture that the model sees').waitFor();
    const sizeOf = (image: { naturalWidth?: number; naturalHeight?: number }) => [
      image.naturalWidth,
      image.naturalHeight,
    ];
    const [served] = (await client.models()).models;
    const side = served?.geometry.sizePx;
    await eventually('the picture to be decoded', async () => (await picture.evaluate(sizeOf))[0] === side);
    expect(await picture.evaluate(sizeOf)).toEqual([side, side]);
    const before = await picture.getAttribute('src');
    await eventually('a newer picture', async () => (await picture.getAttribute('src')) !== before);

    await client.stop(id);
    await page.getByText('Pictures of live sources are not kept').waitFor();
    expect(await picture.count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('says of a text file that is named like a video what is wrong and what to do', async () => {
    const { page, problems } = await browser.open(services.url, { dark: true });
    const notes = clips.file('notes.mp4');
    await writeFile(notes, 'These are notes, not a video.\n'.repeat(200));
    await page.locator('#file').setInputFiles(notes);
    await addLabels(page, 'a test pattern');
    await page.getByRole('button', { name: 'Start watching' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('E_SOURCE_UNREADABLE').waitFor();
    expect(await alert.textContent()).toContain('What to do: ffmpeg does not know this as media');
    // A refusal may come as an HTTP status, of which browsers write a line too.
    expect(problems.filter((problem) => !problem.includes('Failed to load resource'))).toEqual([]);
    await page.close();
  });

  it('is used by keyboard alone, and fits a narrow phone', async () => {
    const { page, problems } = await browser.open(services.url, { widthPx: 320 });
    await page.getByRole('button', { name: 'Start watching' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Choose a file or write an address.').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('address');

    await page.keyboard.type('file:///home/me/clip.mp4');
    await page.getByText('Drop the file itself').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('waving, running,a slip');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Backspace');
    expect(await page.locator('.chip span').allTextContents()).toEqual(['waving', 'running']);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    expect(await page.locator('.chip span').allTextContents()).toEqual(['running']);
    expect(await page.evaluate('document.activeElement.id')).toBe('labels');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('says that there is no such stream, with its code', async () => {
    const { page } = await browser.open(`${services.url}/?stream=st_00000000000000000000`);
    await page.getByRole('alert').getByText('E_STREAM_NOT_FOUND').waitFor();
    await page.getByRole('link', { name: 'Verbcast' }).click();
    await page.getByRole('heading', { name: 'New stream' }).waitFor();
    await page.close();
  });
});

async function addLabels(page: Page, ...labels: string[]): Promise<void> {
  for (const label of labels) {
    await page.getByLabel('Add a label').fill(label);
    await page.getByLabel('Add a label').press('Enter');
  }
}

/** Returns the media time at which the action of a block starts, in seconds. */
async function startOf(block: Locator): Promise<number> {
  return Number(await block.getAttribute('data-start'));
}

async function expectVideoAt(page: Page, seconds: number): Promise<void> {
  await eventually(`the video to stand at ${seconds} s`, async () => {
    const time = await page.locator('video').evaluate((video: { currentTime?: number }) => video.currentTime);
    return time !== undefined && Math.abs(time - seconds) < 0.01;
  });
}

async function expectWords(locator: Locator, pattern: RegExp): Promise<void> {
  await eventually(`words like ${pattern}`, async () => pattern.test((await locator.textContent()) ?? ''));
}
