// The page while the gateway goes away and comes back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClipDirectory, openClipDirectory } from '../fixtures/clip.ts';
import { type Cluster, type ServiceProcess, startCluster } from '../support/cluster.ts';
import { type Browser, buildPage, hasChromium, startBrowser } from './browser.ts';

describe.skipIf(!hasChromium)('the page beside a gateway that crashes', () => {
  let clips: ClipDirectory;
  let cluster: Cluster;
  let gateway: ServiceProcess;
  let browser: Browser;

  beforeAll(async () => {
    clips = await openClipDirectory();
    await clips.make(
      ...['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=10:duration=600'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '20', '-pix_fmt', 'yuv420p', 'pattern.mp4'],
    );
    await buildPage();
    cluster = await startCluster(['ingest', 'worker'], { MEDIA_DIRS: clips.path });
    gateway = cluster.start('gateway');
    await cluster.ready();
    browser = await startBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await cluster?.close();
    await clips?.remove();
  });

  it('says that the connection is lost and that it is back, and misses nothing', async () => {
    const { id } = await cluster.client.createStream({
      source: { path: 'pattern.mp4' },
      labels: ['a test pattern', 'people dancing'],
      options: { sampleFps: 10 },
    });
    const { page } = await browser.open(`${cluster.url}/?stream=${id}`);
    await page.getByRole('region', { name: /^Now/ }).getByText('a test pattern').waitFor();

    await gateway.kill();
    await page.getByText('Connection to the server lost.').waitFor();
    gateway = cluster.start('gateway');
    await page.getByText('Connection to the server is back.').waitFor();
    await cluster.client.stop(id);
    await page.getByText('Stopped', { exact: true }).first().waitFor();

    // What the page put together across the cut is what a page sees that reads the whole log at once.
    const seen = await page.locator('.marks').textContent();
    await page.reload();
    await page.getByText('Stopped', { exact: true }).first().waitFor();
    expect(await page.locator('.marks').textContent()).toBe(seen);
    await page.close();
  });
});
