// Bytes → messages and packets, however they are cut, and nothing that two programs might read differently.
import { describe, expect, it } from 'vitest';
import { createRtspReader, headerOf, writeRtspMessage } from '../../sources/rtsp-messages.ts';
import { seededRandom } from '../support/random.ts';

const packet = (channel: number, bytes: number) =>
  Buffer.concat([Buffer.from([0x24, channel, bytes >> 8, bytes & 255]), Buffer.alloc(bytes, channel)]);
const ANSWER = 'RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 5\r\n\r\nv=0\r\n';
const WIRE = Buffer.concat([
  Buffer.from(ANSWER),
  Buffer.from('\r\n'),
  packet(0, 1_400),
  packet(1, 0),
  Buffer.from('ANNOUNCE rtsp://a/b RTSP/1.0\r\nCSeq: 3\r\n\r\n'),
  packet(2, 65_535),
  Buffer.from('RTSP/1.0 404 Not Found\r\ncseq:4\r\n\r\n'),
]);

function readAll(chunks: readonly Buffer[]) {
  const read = createRtspReader();
  const items = chunks.flatMap((chunk) => read(chunk));
  return {
    data: Buffer.concat(items.flatMap((item) => (item.kind === 'data' ? [item.bytes] : []))),
    messages: items.flatMap((item) => (item.kind === 'message' ? [item] : [])),
  };
}

describe('createRtspReader', () => {
  it('reads the same however the bytes are cut', () => {
    const random = seededRandom(1);
    const whole = readAll([WIRE]);
    expect(whole.messages.map(({ start }) => start)).toEqual([
      'RTSP/1.0 200 OK',
      'ANNOUNCE rtsp://a/b RTSP/1.0',
      'RTSP/1.0 404 Not Found',
    ]);
    expect(whole.messages[0]?.body.toString()).toBe('v=0\r\n');
    expect(whole.data.equals(Buffer.concat([packet(0, 1_400), packet(1, 0), packet(2, 65_535)]))).toBe(true);
    for (let round = 0; round < 50; round++) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < WIRE.length; ) {
        const next = at + 1 + Math.floor(random() * (round < 10 ? 30 : 20_000));
        chunks.push(WIRE.subarray(at, next));
        at = next;
      }
      const { data, messages } = readAll(chunks);
      expect(data.equals(whole.data)).toBe(true);
      expect(messages).toEqual(whole.messages);
    }
  });

  it.each([
    ['HTTP', 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n'],
    ['a line break inside a header', 'RTSP/1.0 200 OK\r\nCSeq: 1\nLocation: rtsp://127.0.0.1/\r\n\r\n'],
    ['a line break inside the first line', 'RTSP/1.0 200 OK\nLocation: rtsp://127.0.0.1/\r\n\r\n'],
    ['a header without a name', 'RTSP/1.0 200 OK\r\n: x\r\n\r\n'],
    ['a header that goes on', 'RTSP/1.0 200 OK\r\nCSeq: 1\r\n Location: x\r\n\r\n'],
    ['a header without an end', `RTSP/1.0 200 OK\r\nX: ${'x'.repeat(20_000)}`],
    ['a line longer than ffmpeg reads', `RTSP/1.0 200 OK\r\nX: ${'x'.repeat(3_000)}\r\n\r\n`],
    ['a body without an end', 'RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n'],
    ['a body of negative length', 'RTSP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n'],
    ['a length that C and JavaScript read differently', 'RTSP/1.0 200 OK\r\nContent-Length: 0x10\r\n\r\n'],
    ['two lengths', 'RTSP/1.0 200 OK\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n'],
    ['a status that is none', 'RTSP/1.0 2000 OK\r\n\r\n'],
    ['noise', '\x00\x01\x02\x03 \r\n\r\n'],
  ])('refuses %s', (_, text) => {
    const read = () => createRtspReader()(Buffer.from(text, 'latin1'));
    expect(read).toThrow(expect.objectContaining({ code: 'E_SOURCE_UNREADABLE' }));
  });

  it('writes what it reads', () => {
    const [message] = readAll([Buffer.from(ANSWER)]).messages;
    if (!message) throw new Error('Expected a message.');
    const headers = message.headers.filter(([name]) => name !== 'Content-Length');
    expect(writeRtspMessage({ ...message, headers }).toString()).toBe(ANSWER);
    expect(headerOf(message.headers, 'cseq')).toBe('2');
  });

  it('takes whatever comes: it reads it, waits for more, or refuses it', () => {
    const random = seededRandom(3);
    const outcomes = { read: 0, refused: 0 };
    for (let round = 0; round < 3_000; round++) {
      const bytes = Buffer.from(WIRE.subarray(0, 3_000));
      for (let i = 0; i < 1 + random() * 20; i++)
        bytes[Math.floor(random() * (random() < 0.5 ? 80 : bytes.length))] = Math.floor(random() * 256);
      const read = createRtspReader();
      try {
        for (let at = 0; at < bytes.length; at += 700) read(bytes.subarray(at, at + 700));
        outcomes.read++;
      } catch (error) {
        expect(error).toMatchObject({ code: 'E_SOURCE_UNREADABLE' });
        outcomes.refused++;
      }
    }
    expect(outcomes.read).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(100);
  });
});
