// What kind of file it is, as far as seeking is concerned.
import { open } from 'node:fs/promises';

const EBML = '1a45dfa3';
const MP4_BOXES = /^(ftyp|moov|mdat|free|skip|wide|pnot)$/;

/**
 * Returns whether a seek in the file lands on a keyframe, so that what comes after it is whole: in MP4 and Matroska.
 * MPEG-TS lands between keyframes and AVI has no times of display, so those are decoded from their start.
 */
export async function seeksToKeyframes(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    if (bytesRead < 8) return false;
    return buffer.toString('hex', 0, 4) === EBML || MP4_BOXES.test(buffer.toString('latin1', 4, 8));
  } finally {
    await file.close();
  }
}
