// A gateway under attack: the right code each time, bounded memory, and it serves as before.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { seededRandom } from '../support/random.ts';
import { canMeasure, openRaw, startVictim, type Victim } from './security-victim.ts';
import { openProbe } from './socket-probe.ts';

/** By how much an attack may make the process grow, its garbage included. */
const GROWTH_MAX_MIB = 96;

let victim: Victim;
beforeAll(async () => {
  if (!canMeasure) return;
  victim = await startVictim({
    UPLOAD_STALL_SECONDS: '2',
    SOCKET_MESSAGES_PER_SECOND: '10000',
    TRUSTED_PROXIES: '127.0.0.1',
  });
});
afterAll(() => victim?.close());

const bearer = () => ({ headers: { authorization: `Bearer ${victim.token}` } });

/** Returns what a probe writes past its own framing. */
function rawOf(socket: WebSocket) {
  return Reflect.get(socket, '_socket') as import('node:net').Socket;
}

/** A masked frame of a client, its payload left to the caller. */
function frameHead(opcode: number, { fin, bytes }: { fin: boolean; bytes: number }): Buffer {
  const head = Buffer.alloc(14);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = 0xff;
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return head;
}

describe.skipIf(!canMeasure)('a gateway under attack', () => {
  test('131,073 tiny fragments of one message end the socket with 1008', async () => {
    const fragment = (opcode: number) => Buffer.from([opcode, 0x81, 0, 0, 0, 0, 0x78]);
    const fragments = Buffer.concat([fragment(0x01), ...Array(131_072).fill(fragment(0x00))]);
    const grown = await victim.during('131,073 fragments, on 20 sockets', async () => {
      for (const options of [bearer(), {}]) {
        const probes = await Promise.all(Array.from({ length: 10 }, () => openProbe(victim.url, options)));
        for (const { socket } of probes) rawOf(socket).write(fragments);
        for (const { closed } of probes) expect((await closed).code).toBe(1008);
      }
    });
    expect(grown).toBeLessThan(GROWTH_MAX_MIB);
  });

  test('a frame of 100 MiB, sent in full, ends the socket with 1009', async () => {
    const bytes = 100 * 2 ** 20;
    const piece = Buffer.alloc(2 ** 20, 0x78);
    const grown = await victim.during('a frame of 100 MiB, on 20 sockets', async () => {
      for (const options of [bearer(), {}]) {
        const probes = await Promise.all(Array.from({ length: 10 }, () => openProbe(victim.url, options)));
        await Promise.all(
          probes.map(async ({ socket, closed }) => {
            const raw = rawOf(socket);
            raw.write(frameHead(0x02, { fin: true, bytes }));
            for (let sent = 0; sent < bytes && socket.readyState === socket.OPEN; sent += piece.length) {
              await new Promise((resolve) => raw.write(piece, resolve));
            }
            expect((await closed).code).toBe(1009);
          }),
        );
      }
    });
    expect(grown).toBeLessThan(GROWTH_MAX_MIB);
  });

  test('few large fragments are no way around the size of a message', async () => {
    const { socket, closed } = await openProbe(victim.url, bearer());
    for (let i = 0; i < 10; i += 1) socket.send('x'.repeat(10_000), { fin: false });
    expect((await closed).code).toBe(1009);
  });

  test('ten thousand malformed messages are each answered with a code', async () => {
    const random = seededRandom(7);
    const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
    const stream = await victim.submit();
    const seeds = [
      `{"type":"subscribe","stream":"${stream}","after":0,"types":["scores"]}`,
      `{"type":"unsubscribe","stream":"${stream}"}`,
      `{"type":"authenticate","token":"${victim.token}"}`,
      '{"type":"ping","id":"x"}',
    ];
    const deep = (open: string, close: string) => `${open.repeat(10_000)}1${close.repeat(10_000)}`;
    const pieces = ['"', '{', '}', '[', ',', ':', 'null', '1e999', '-1', '\\u0000', '\ud800', '__proto__'];
    const mutate = (text: string) => {
      const at = Math.floor(random() * text.length);
      return text.slice(0, at) + pick(pieces) + text.slice(at + Math.floor(random() * 4));
    };
    const whole = [
      deep('[', ']'),
      deep('{"a":', '}'),
      `{"type":"ping","id":"${'x'.repeat(60_000)}"}`,
      '{"type":"subscribe","stream":{"toString":1}}',
      '{"__proto__":{"type":"ping"}}',
      `{"type":"subscribe","stream":"${stream}","after":9007199254740993}`,
      '"ping"',
      '',
    ];
    const answers = new Map<string, number>();
    const grown = await victim.during('10,000 malformed messages', async () => {
      const { send, messages, socket, message } = await openProbe(victim.url, bearer());
      for (let i = 0; i < 10_000; i += 1) {
        // A change in the middle of a token is a wrong token; those have their own test.
        const text =
          i % 20 === 0 ? pick(whole) : mutate(pick(seeds.filter((seed) => !seed.includes('vbt_'))));
        send(isMessage(text) ? '{}' : text);
        if (i % 50 !== 49) continue;
        const from = messages.length;
        send({ type: 'ping', id: String(i) });
        await message('pong', Math.max(0, from - 50));
        while (!messages.some((answer) => answer.type === 'pong' && answer.id === String(i))) await delay(1);
      }
      for (const answer of messages) {
        const key = answer.type === 'error' ? answer.code : answer.type;
        answers.set(key, (answers.get(key) ?? 0) + 1);
      }
      socket.terminate();
    });
    expect(Object.fromEntries(answers)).toEqual({ E_BAD_REQUEST: 10_000, pong: 200 });
    expect(grown).toBeLessThan(GROWTH_MAX_MIB);
  });

  test('text that is not UTF-8 ends the socket with 1007', async () => {
    const { socket, closed } = await openProbe(victim.url, bearer());
    rawOf(socket).write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]));
    expect((await closed).code).toBe(1007);
  });

  test('two thousand malformed bodies are each refused with 400', async () => {
    const random = seededRandom(11);
    const seed =
      '{"source":{"path":"clip.mp4"},"labels":["waving",{"name":"a","prompts":["b"]}],"options":{"sampleFps":2}}';
    const statuses = new Map<number, number>();
    const grown = await victim.during('2,000 malformed bodies', async () => {
      for (let i = 0; i < 2_000; i += 1) {
        const at = 1 + Math.floor(random() * (seed.length - 2));
        const body = seed.slice(0, at) + '{["\\\u0000,x-'.charAt(Math.floor(random() * 9)) + seed.slice(at);
        const { status } = await fetch(`${victim.url}/v1/streams`, {
          method: 'POST',
          body,
          headers: { ...bearer().headers, 'content-type': 'application/json' },
        });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    // Words with an odd character in them are words: these are taken, or name a file that is not there.
    const odd = [...statuses.keys()].filter((status) => ![201, 400, 404].includes(status));
    expect(odd).toEqual([]);
    expect(statuses.get(400)).toBeGreaterThan(1_000);
    expect(grown).toBeLessThan(GROWTH_MAX_MIB);
  });

  test('a body of 100 MiB is refused with 413, with a token and without one with 401', async () => {
    const grown = await victim.during('bodies of 100 MiB', async () => {
      for (const [headers, status] of [
        [`Authorization: Bearer ${victim.token}\r\n`, 413],
        ['', 401],
      ] as const) {
        const { socket, received, closed } = openRaw(
          victim.port,
          `POST /v1/streams HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}Content-Type: application/json\r\nContent-Length: ${100 * 2 ** 20}\r\n\r\n`,
        );
        const piece = Buffer.alloc(2 ** 20, 0x20);
        for (let sent = 0; sent < 100 && socket.writable; sent += 1) {
          await new Promise((resolve) => socket.write(piece, resolve));
        }
        socket.end();
        await closed;
        expect(received()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      }
    });
    expect(grown).toBeLessThan(GROWTH_MAX_MIB);
  });

  test('20,000 wrong tokens from 20,000 addresses are each refused, and take no more memory than the first ones', async () => {
    const codes = new Map<number, number>();
    const grown = await victim.during('20,000 wrong tokens', async () => {
      const guess = async (i: number) => {
        const { status } = await fetch(`${victim.url}/v1/models`, {
          headers: {
            authorization: `Bearer vbt_${String(i).padStart(43, '0')}`,
            'x-forwarded-for': `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
          },
        });
        codes.set(status, (codes.get(status) ?? 0) + 1);
      };
      for (let i = 0; i < 20_000; i += 50)
        await Promise.all(Array.from({ length: 50 }, (_, j) => guess(i + j)));
    });
    expect(Object.fromEntries(codes)).toEqual({ 401: 20_000 });
    expect(grown).toBeLessThan(GROWTH_MAX_MIB);
    // At most ten lines a second tell of it.
    expect(
      victim
        .log()
        .split('\n')
        .filter((line) => line.includes('a token was refused')).length,
    ).toBeLessThan(5_000);
  });
});

/** Whether a mutation is a message still, and no attack. */
function isMessage(text: string): boolean {
  try {
    const { type } = JSON.parse(text) as { type?: string };
    return type === 'ping' || type === 'subscribe' || type === 'unsubscribe';
  } catch {
    return false;
  }
}
