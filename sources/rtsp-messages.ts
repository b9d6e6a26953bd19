// Bytes of an RTSP connection → messages and interleaved data (RFC 2326, 4 and 10.12).
import { PipelineError } from '../runtime/errors.ts';

export interface RtspMessage {
  readonly kind: 'message';
  /** The first line: of a request `DESCRIBE rtsp://… RTSP/1.0`, of a response `RTSP/1.0 200 OK`. */
  readonly start: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Whole packets of interleaved data, as they came. */
export interface RtspData {
  readonly kind: 'data';
  readonly bytes: Buffer;
}

const DOLLAR = 0x24;
const HEAD_MAX = 16_384;
const BODY_MAX = 262_144;
/** A longer line is cut by ffmpeg, which would then read something else than what was checked. */
const LINE_MAX = 2_000;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Returns a reader that is given what arrives and returns what is whole; it holds less than 350 KiB. */
export function createRtspReader(): (chunk: Buffer) => (RtspMessage | RtspData)[] {
  let waiting: Buffer[] = [];
  let bytes = 0;
  /** With less than this there is nothing to be found; so that what comes in crumbs is not looked through at each. */
  let needed = 1;
  return (chunk) => {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes < needed) return [];
    const buffer = waiting.length === 1 ? chunk : Buffer.concat(waiting);
    const items: (RtspMessage | RtspData)[] = [];
    let at = 0;
    for (;;) {
      const dataEnd = endOfData(buffer, at);
      if (dataEnd > at) items.push({ kind: 'data', bytes: buffer.subarray(at, dataEnd) });
      at = dataEnd;
      if (buffer[at] === DOLLAR || at >= buffer.length) break;
      // Some cameras end a body with a line break that is not counted.
      if (buffer[at] === 13 || buffer[at] === 10) {
        at++;
        continue;
      }
      const found = readMessage(buffer, at);
      if (!found) break;
      items.push(found.message);
      at = found.end;
    }
    const rest = buffer.subarray(at);
    waiting = rest.length === 0 ? [] : [rest];
    bytes = rest.length;
    needed = rest[0] === DOLLAR && rest.length >= 4 ? 4 + rest.readUInt16BE(2) : bytes + 1;
    return items;
  };
}

/** Where the whole packets that begin at `from` end. */
function endOfData(buffer: Buffer, from: number): number {
  let at = from;
  while (buffer[at] === DOLLAR && at + 4 <= buffer.length) {
    const next = at + 4 + buffer.readUInt16BE(at + 2);
    if (next > buffer.length) break;
    at = next;
  }
  return at;
}

function readMessage(buffer: Buffer, from: number): { message: RtspMessage; end: number } | null {
  const headEnd = buffer.indexOf(END_OF_HEAD, from);
  if ((headEnd === -1 ? buffer.length : headEnd) - from > HEAD_MAX) throw malformed('a head without an end');
  if (headEnd === -1) return null;
  const [start = '', ...lines] = buffer.toString('latin1', from, headEnd).split('\r\n');
  if (!/^(RTSP\/1\.\d \d{3}( [^\r\n]*)?|[A-Z_]{1,20} \S+ RTSP\/1\.\d)$/.test(start)) {
    throw malformed('something that is not RTSP');
  }
  const headers = lines.map(readHeader);
  const lengths = headers.filter(([name]) => name.toLowerCase() === 'content-length');
  const [, text = '0'] = lengths[0] ?? [];
  // Two lengths, or one that is not plainly decimal: programs disagree about where the message ends.
  if (lengths.length > 1 || !/^\d{1,9}$/.test(text)) throw malformed('a length that is none');
  const length = Number(text);
  if (length > BODY_MAX) throw malformed('a body too large');
  const bodyAt = headEnd + END_OF_HEAD.length;
  if (buffer.length < bodyAt + length) return null;
  const body = buffer.subarray(bodyAt, bodyAt + length);
  return { message: { kind: 'message', start, headers, body }, end: bodyAt + length };
}

function readHeader(line: string): readonly [string, string] {
  const [, name, value = ''] = /^([\w-]{1,64})\s*:\s*(.*?)\s*$/.exec(line) ?? [];
  if (name === undefined || line.length > LINE_MAX || /[\0\r\n]/.test(value)) {
    throw malformed('a malformed header');
  }
  return [name, value];
}

/** Returns the value of the first header called `name`, which is in lower case. */
export function headerOf(headers: RtspMessage['headers'], name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Returns the bytes of a message; its length is counted anew. */
export function writeRtspMessage({ start, headers, body }: Omit<RtspMessage, 'kind'>): Buffer {
  const lines = [start, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (body.length > 0) lines.push(`Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

function malformed(what: string): PipelineError {
  return new PipelineError('E_SOURCE_UNREADABLE', `Expected RTSP from the source, got ${what}.`);
}
