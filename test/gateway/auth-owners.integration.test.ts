// Streams and their owners over REST: what is not one's own does not exist.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthSandbox, openAuthSandbox, operations, signJwt } from './auth-sandbox.ts';

let auth: AuthSandbox;
beforeAll(async () => {
  auth = await openAuthSandbox();
});
afterAll(() => auth.box.close());

const clip = { source: { path: 'clip.mp4' }, labels: ['waving'] };

describe('a token limited to its own streams', () => {
  test('sees in lists what is its own, and no cursor tells of what is not', async () => {
    const { alice, bob, admin } = auth.tokens;
    const ids: Record<'alice' | 'bob' | 'nobody', string[]> = { alice: [], bob: [], nobody: [] };
    for (let i = 0; i < 4; i += 1) {
      ids.bob.unshift(await auth.submit(bob));
      ids.alice.unshift(await auth.submit(alice));
      ids.nobody.unshift(await auth.box.submit());
    }
    const pages: string[] = [];
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { text } = await auth.request(`/v1/streams?limit=3${query}`, { token: alice });
      pages.push(text);
      const page = JSON.parse(text) as { streams: { id: string }[]; nextCursor: string | null };
      seen.push(...page.streams.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen.slice(0, 4)).toEqual(ids.alice);
    for (const id of [...ids.bob, ...ids.nobody]) expect(pages.join('')).not.toContain(id);

    const all = (await auth.client(admin).streams({ limit: 100 })).streams.map(({ id }) => id);
    expect(all).toEqual(expect.arrayContaining([...ids.alice, ...ids.bob, ...ids.nobody]));
  });

  test('finds a stream of another exactly as absent as one that never was, whatever it does', async () => {
    const { alice, bob } = auth.tokens;
    const foreign = await auth.submit(bob);
    const absent = 'st_00000000000000000000';
    const bodies: Record<string, unknown> = { PUT: { labels: ['bowing'] }, POST: { labels: ['bowing'] } };
    const onStream = (await operations(auth, foreign)).filter(({ path }) => path.includes(foreign));
    expect(onStream.length).toBeGreaterThanOrEqual(5);
    for (const { name, method, path } of onStream) {
      if (name.includes('uploads')) continue;
      const options = { method, token: alice, body: bodies[method] };
      const theirs = await auth.request(path, options);
      const nobodys = await auth.request(path.replace(foreign, absent), options);
      expect(theirs, name).toMatchObject({ status: 404, code: 'E_STREAM_NOT_FOUND' });
      expect(theirs.text.replaceAll(foreign, absent), name).toBe(nobodys.text);
    }
    expect((await auth.client(bob).stream(foreign)).status).toBe('queued');
    expect((await auth.client(bob).labels(foreign)).version).toBe(1);
  });

  test('is the owner of what it creates, and shares it with a JWT only where the operator says so', async () => {
    const carol = await signJwt({ subject: 'carol' });
    const dave = await signJwt({ subject: 'dave' });
    const id = await auth.submit(carol);
    expect(await auth.box.redis.hget(auth.box.keys.stream(id), 'owner')).toBe('jwt:carol');
    expect((await auth.client(carol).streams()).streams.map((stream) => stream.id)).toEqual([id]);
    expect((await auth.client(dave).streams()).streams).toEqual([]);
    await expect(auth.client(dave).stream(id)).rejects.toMatchObject({ code: 'E_STREAM_NOT_FOUND' });
    // A name that the issuer lets somebody choose is not the name of a static token.
    const sly = await signJwt({ subject: 'token:alice' });
    expect((await auth.client(sly).streams()).streams).toEqual([]);
  });

  test('does not see streams from before there were tokens; an unlimited one does', async () => {
    const id = await auth.box.submit();
    await expect(auth.client(auth.tokens.alice).stream(id)).rejects.toMatchObject({ status: 404 });
    expect((await auth.client(auth.tokens.reader).stream(id)).id).toBe(id);
  });

  test('may use the idempotency key of another, and gets a stream of its own', async () => {
    await auth.box.serve('pocket');
    const create = (token: string) => auth.client(token).createStream(clip, { idempotencyKey: 'the same' });
    const mine = await create(auth.tokens.alice);
    const theirs = await create(auth.tokens.bob);
    expect(theirs.id).not.toBe(mine.id);
    expect((await auth.client(auth.tokens.bob).stream(theirs.id)).id).toBe(theirs.id);
  });
});
