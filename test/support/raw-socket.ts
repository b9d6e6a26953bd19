// A WebSocket client made of a bare TCP socket: it can stop reading as no library lets it.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawSocket {
  readonly tcp: Socket;
  /** Sends one text message. */
  send(message: unknown): void;
  /** Texts that came so far. */
  readonly texts: readonly string[];
  /** Resolves with what the close frame said. */
  readonly closed: Promise<{ code: number; reason: string }>;
}

const TEXT = 1;
const CLOSE = 8;

/** Opens `/v1/ws` of the gateway at `url` and says nothing more than the handshake. */
export async function openRawSocket(url: string): Promise<RawSocket> {
  const { hostname, port, host } = new URL(url);
  const tcp = connect(Number(port), hostname);
  await once(tcp, 'connect');
  const key = randomBytes(16).toString('base64');
  tcp.write(
    `GET /v1/ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  let waiting: Buffer = Buffer.alloc(0);
  let upgraded = false;
  const texts: string[] = [];
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    tcp.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      if (!upgraded) {
        const end = waiting.indexOf('\r\n\r\n');
        if (end === -1) return;
        upgraded = true;
        waiting = waiting.subarray(end + 4);
      }
      for (let frame = takeFrame(waiting); frame; frame = takeFrame(waiting)) {
        waiting = waiting.subarray(frame.bytes);
        if (frame.opcode === TEXT) texts.push(frame.payload.toString());
        if (frame.opcode === CLOSE)
          resolve({ code: frame.payload.readUInt16BE(0), reason: frame.payload.subarray(2).toString() });
      }
    });
  });
  tcp.on('error', () => undefined);
  return { tcp, texts, closed, send: (message) => tcp.write(textFrame(JSON.stringify(message))) };
}

/** Returns the first whole frame of `buffer`; a server sends its frames unmasked. */
function takeFrame(buffer: Buffer): { opcode: number; payload: Buffer; bytes: number } | undefined {
  if (buffer.length < 2) return undefined;
  const short = buffer.readUInt8(1) & 0x7f;
  const head = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (buffer.length < head) return undefined;
  const length =
    head === 10 ? Number(buffer.readBigUInt64BE(2)) : head === 4 ? buffer.readUInt16BE(2) : short;
  if (buffer.length < head + length) return undefined;
  const payload = buffer.subarray(head, head + length);
  return { opcode: buffer.readUInt8(0) & 0x0f, payload, bytes: head + length };
}

/** Returns a masked text frame of less than 64 KiB. The mask is zero: it changes nothing. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.from([0x80 | TEXT, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]);
  if (payload.length < 126)
    return Buffer.concat([Buffer.from([0x80 | TEXT, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
  return Buffer.concat([head, payload]);
}
