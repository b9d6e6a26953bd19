// Clients that send next to nothing for as long as they can: each is given up, and nobody else waits for them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMeasure, openRaw, type RawConnection, startVictim, type Victim } from './security-victim.ts';
import { openProbe, refusal } from './socket-probe.ts';

const CONNECTIONS = 100;
const GROWTH_MAX_MIB = 96;

let victim: Victim;
beforeAll(async () => {
  if (canMeasure) victim = await startVictim({ UPLOAD_STALL_SECONDS: '1', SOCKETS_PER_ADDRESS: '150' });
});
afterAll(() => victim?.close());

/** Opens connections that send `head`, then `drop` again and again until they are closed. Returns what each got. */
async function drip(head: string, drop: string): Promise<{ answers: string[]; seconds: number }> {
  const began = performance.now();
  const connections = Array.from({ length: CONNECTIONS }, () => openRaw(victim.port, head));
  const timer = setInterval(() => {
    for (const { socket } of connections) if (socket.writable) socket.write(drop);
  }, 250);
  await Promise.all(connections.map(({ closed }: RawConnection) => closed));
  clearInterval(timer);
  return {
    answers: connections.map(({ received }) => received()),
    seconds: (performance.now() - began) / 1000,
  };
}

/** The head of a POST with a body that never comes to its end. */
function post(path: string, { token }: { token?: string } = {}): string {
  return [
    `POST ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    'Content-Length: 1000000',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    '',
    '{',
  ].join('\r\n');
}

describe.skipIf(!canMeasure)('a hundred slow connections each', () => {
  test('dripping heads, bodies and uploads, with and without a token: given up, and no one else waits', async () => {
    const { token } = victim;
    const waits: number[] = [];
    const grown = await victim.during('400 dripping connections', async () => {
      const ask = async () => {
        const began = performance.now();
        const { status } = await fetch(`${victim.url}/readyz`);
        expect(status).toBe(200);
        waits.push(performance.now() - began);
      };
      const timer = setInterval(ask, 200);
      const [heads, bodies, uploads, strangers] = await Promise.all([
        drip('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n', 'X-Slow: 1\r\n'),
        drip(post('/v1/streams', { token }), ' '),
        drip(post('/v1/uploads', { token }), ' '),
        drip(post('/v1/uploads'), ' '),
      ]);
      clearInterval(timer);
      for (const text of heads.answers) expect(text).toMatch(/^HTTP\/1.1 408 /);
      for (const text of [...bodies.answers, ...uploads.answers]) {
        expect(text).toMatch(/^HTTP\/1.1 408 /);
        expect(text).toContain('"E_UPLOAD_STALLED"');
      }
      for (const text of strangers.answers) expect(text).toMatch(/^HTTP\/1.1 401 /);
      console.log(
        `given up after: heads ${heads.seconds.toFixed(1)} s, bodies ${bodies.seconds.toFixed(1)} s, uploads ${uploads.seconds.toFixed(1)} s, uploads without a token ${strangers.seconds.toFixed(1)} s; a probe meanwhile waited ${Math.max(...waits).toFixed(0)} ms at the most`,
      );
    });
    expect(waits.length).toBeGreaterThan(5);
    expect(grown).toBeLessThan(GROWTH_MAX_MIB);
  });

  test('sockets that never show a token are closed, and until then have their bound', async () => {
    const grown = await victim.during('150 silent sockets', async () => {
      const silent = await Promise.all(Array.from({ length: 150 }, () => openProbe(victim.url)));
      expect(await refusal(victim.url)).toMatchObject({ status: 429, body: { code: 'E_TOO_MANY_REQUESTS' } });
      const ends = await Promise.all(silent.map(({ closed }) => closed));
      expect(new Set(ends.map(({ reason }) => reason))).toEqual(new Set(['E_UNAUTHORIZED']));
    });
    expect(grown).toBeLessThan(GROWTH_MAX_MIB);
  });
});
