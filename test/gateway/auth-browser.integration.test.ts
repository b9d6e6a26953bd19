// Tokens and origins as a real browser has them: what it lets pages do, and what it tells them.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, hasChromium, startBrowser } from '../web/browser.ts';
import { type AuthSandbox, openAuthSandbox } from './auth-sandbox.ts';

/** Run in the page: opens a socket, subscribes, and resolves with its first messages or its close. */
const WATCH = `async ({ url, protocols, stream }) => {
  const socket = new WebSocket(url.replace('http', 'ws') + '/v1/ws', protocols);
  const messages = [];
  return new Promise((resolve) => {
    socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', stream }));
    socket.onmessage = ({ data }) => {
      messages.push(JSON.parse(data).type);
      if (messages.length === 2) resolve({ messages, protocol: socket.protocol });
    };
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
}`;
/** Run in the page: asks for the list of streams and resolves with the status, or with what fetch throws. */
const LIST = `async ({ url, token }) => {
  const headers = token ? { authorization: 'Bearer ' + token } : {};
  return fetch(url + '/v1/streams', { headers }).then(({ status }) => status, (error) => error.name);
}`;

function run(page: Page, script: string, argument: object): Promise<unknown> {
  return page.evaluate(`(${script})(${JSON.stringify(argument)})`);
}

/** A web site of another origin, with an empty page. */
async function startSite(): Promise<{ origin: string; server: Server }> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<p>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe.skipIf(!hasChromium)('in Chromium (skipped where /usr/bin/chromium is missing)', () => {
  let auth: AuthSandbox;
  let browser: Browser;
  let listed: Awaited<ReturnType<typeof startSite>>;
  let foreign: Awaited<ReturnType<typeof startSite>>;
  let stream: string;
  beforeAll(async () => {
    [listed, foreign] = [await startSite(), await startSite()];
    auth = await openAuthSandbox({ ALLOWED_ORIGINS: listed.origin });
    stream = await auth.submit(auth.tokens.alice);
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await auth?.box.close();
    for (const { server } of [listed, foreign]) {
      server.close();
      server.closeAllConnections();
    }
  });

  const offering = (token: string) => ['verbcast.v1', `bearer.${token}`];

  test('the own page and a listed one watch and ask with a token', async () => {
    const { url, tokens } = auth;
    for (const address of [`${url}/docs/`, listed.origin]) {
      const { page } = await browser.open(address);
      expect(await run(page, WATCH, { url, protocols: offering(tokens.alice), stream }), address).toEqual({
        messages: ['subscribed', 'stream.status'],
        protocol: 'verbcast.v1',
      });
      expect(await run(page, LIST, { url, token: tokens.alice }), address).toBe(200);
      expect(await run(page, LIST, { url }), address).toBe(401);
      await page.close();
    }
  });

  test('a page is told why its token is not taken', async () => {
    const { url } = auth;
    const { page } = await browser.open(`${url}/docs/`);
    const refused = { code: 1008, reason: 'E_UNAUTHORIZED' };
    const watch = (protocols: string[]) => run(page, WATCH, { url, protocols, stream });
    // The error itself comes first; two messages never do.
    expect(await watch(offering(`vbt_${'A'.repeat(43)}`))).toEqual(refused);
    expect(await watch(['verbcast.v1'])).toEqual(refused);
    await page.close();
  });

  test('a page of another site gets nothing with a token, and nothing from a gateway that asks nobody', async () => {
    const { page } = await browser.open(foreign.origin);
    const token = auth.tokens.admin;
    for (const url of [auth.url, auth.box.gateway.url]) {
      expect(await run(page, LIST, { url, token }), url).toBe('TypeError');
      expect(await run(page, WATCH, { url, protocols: offering(token), stream }), url).toMatchObject({
        code: 1006,
      });
    }
    await page.close();
  });
});
