// Hardware decoding: where there is none, `auto` is software.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeFrames } from '../../ingest/decoder.ts';
import type { HardwareDecoder } from '../../ingest/decoder-arguments.ts';
import { type ClipDirectory, H264, numbered, numberOf, openClipDirectory, SMALL } from '../fixtures/clip.ts';

let clips: ClipDirectory;
beforeAll(async () => {
  clips = await openClipDirectory();
  await clips.make(...numbered({ seconds: 4 }), ...H264, 'film.mp4');
});
afterAll(() => clips.remove());

async function numbers(hardware: HardwareDecoder): Promise<number[]> {
  const found: number[] = [];
  const request = { ffmpeg: 'ffmpeg', path: clips.file('film.mp4'), geometry: SMALL, sampleFps: 5, hardware };
  for await (const { pixels } of decodeFrames(request, new AbortController().signal))
    found.push(numberOf(pixels));
  return found;
}

it('decodes the same frames with whatever hardware there is', async () => {
  expect(await numbers('auto')).toEqual(await numbers('none'));
});
