// Pixels → PNG. Written out, because it is this small.
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const BYTES_PER_PIXEL = 3;
/** Bits per channel, and colour type 2: RGB without a palette. */
const DEPTH = 8;
const RGB = 2;
/** Each byte as its difference from the one above: cheap, and pictures get much smaller by it. */
const FILTER_UP = 2;
/** Fast: a preview is looked at once. */
const LEVEL = 3;

const compress = promisify<Buffer, { level: number }, Buffer>(deflate);

/** Returns the PNG of `pixels`, uint8 `[heightPx, widthPx, 3]`, RGB. It is compressed off the event loop's thread. */
export async function encodePng(
  pixels: Uint8Array,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  header.writeUInt8(DEPTH, 8);
  header.writeUInt8(RGB, 9);
  const data = await compress(filterRows(pixels, widthPx * BYTES_PER_PIXEL), { level: LEVEL });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Returns the rows of `rowBytes`, each with the number of its filter in front. */
function filterRows(pixels: Uint8Array, rowBytes: number): Buffer {
  const rows = pixels.length / rowBytes;
  const filtered = Buffer.alloc(rows * (1 + rowBytes));
  for (let row = 0, to = 0; row < rows; row++) {
    filtered[to++] = FILTER_UP;
    for (let i = row * rowBytes; i < (row + 1) * rowBytes; i++)
      filtered[to++] = (pixels[i] ?? 0) - (row === 0 ? 0 : (pixels[i - rowBytes] ?? 0));
  }
  return filtered;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
