// What is said of files that are no good.
import { execFileSync } from 'node:child_process';
import { copyFile, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFrames } from '../../ingest/decoder.ts';
import type { PipelineError } from '../../runtime/errors.ts';
import { type ClipDirectory, H264, numbered, openClipDirectory, SMALL } from '../fixtures/clip.ts';

let clips: ClipDirectory;
beforeAll(async () => {
  clips = await openClipDirectory();
});
afterAll(() => clips.remove());

/** Returns how many frames came out of a file, and the error that came after them. */
async function attempt(path: string): Promise<{ frames: number; error: PipelineError | null }> {
  let frames = 0;
  const request = { ffmpeg: 'ffmpeg', path, geometry: SMALL, sampleFps: 2 };
  try {
    for await (const _ of decodeFrames(request, new AbortController().signal)) frames++;
    return { frames, error: null };
  } catch (error) {
    return { frames, error: error as PipelineError };
  }
}

async function written(name: string, content: string | Buffer): Promise<string> {
  await writeFile(clips.file(name), content);
  return clips.file(name);
}

/** A copy of a file that ends in the middle. */
async function cut(path: string, name: string, share = 0.5): Promise<string> {
  await copyFile(path, clips.file(name));
  await truncate(clips.file(name), Math.floor((await stat(path)).size * share));
  return clips.file(name);
}

const NOISE = numbered({ seconds: 20, filter: 'noise=alls=20:allf=t' });

describe('a file that is no film', () => {
  it.each([
    ['empty', 'empty.mp4', Buffer.alloc(0)],
    ['text renamed', 'text.mp4', 'This is a letter, not a film.\n'.repeat(100)],
    ['zeros', 'zeros.mp4', Buffer.alloc(100_000)],
    ['a web page', 'page.mkv', '<html><body>Not found</body></html>'],
  ])('is unreadable: %s', async (_, name, content) => {
    const { frames, error } = await attempt(await written(name, content));
    expect(frames).toBe(0);
    expect(error).toMatchObject({ code: 'E_SOURCE_UNREADABLE' });
    expect(error?.message).toContain(name);
    expect(error?.message).not.toContain(clips.path);
  });

  it('has no video: sound alone, and sound with cover art', async () => {
    const sound = await clips.make('-f', 'lavfi', '-i', 'sine=d=2', 'sound.mp4');
    const art = await clips.make(...numbered({ seconds: 1 }), '-frames:v', '1', 'art.png');
    const cover = await clips.make(
      ...['-f', 'lavfi', '-i', 'sine=d=2', '-i', art, '-map', '0', '-map', '1'],
      ...['-c:a', 'flac', '-disposition:v', 'attached_pic', 'cover.flac'],
    );
    for (const path of [sound, cover]) {
      expect(await attempt(path)).toMatchObject({ frames: 0, error: { code: 'E_SOURCE_NO_VIDEO' } });
    }
  });

  it('is not opened when it would open others: playlists and scripts', async () => {
    const film = await clips.make(...numbered({ seconds: 1 }), ...H264, 'film.ts');
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${film}\n#EXT-X-ENDLIST\n`;
    const scripts = {
      'list.m3u8': playlist,
      'list.mp4': playlist,
      'concat.mp4': 'ffconcat version 1.0\nfile film.ts\n',
      'dash.mpd': `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation><BaseURL>file://${film}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
      'picture.svg': `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/hostname"/></svg>`,
      'session.sdp':
        'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
    };
    for (const [name, content] of Object.entries(scripts)) {
      const { frames, error } = await attempt(await written(name, content));
      expect([name, frames, error?.code]).toEqual([name, 0, 'E_SOURCE_UNREADABLE']);
    }
  });
});

describe('a film that is cut off', () => {
  it.each([
    ['MP4 with its index in front', 'front.mp4', ['-movflags', '+faststart']],
    ['Matroska', 'cut.mkv', []],
  ])('gives what is there, then says so: %s', async (_, name, args) => {
    const whole = await clips.make(...NOISE, ...H264.slice(0, 4), ...args, `whole-${name}`);
    expect(await attempt(whole)).toEqual({ frames: 40, error: null });
    for (const share of [0.2, 0.5, 0.87]) {
      const { frames, error } = await attempt(await cut(whole, name, share));
      expect(error).toMatchObject({ code: 'E_DECODE_TRUNCATED' });
      expect(frames).toBeGreaterThan(40 * share - 8);
      expect(frames).toBeLessThan(40);
    }
  });

  it('is unreadable when its index was at the end', async () => {
    const whole = await clips.make(...NOISE, ...H264, 'end.mp4');
    expect(await attempt(await cut(whole, 'cut-end.mp4'))).toMatchObject({
      frames: 0,
      error: { code: 'E_SOURCE_UNREADABLE', message: expect.stringContaining('moov atom not found') },
    });
  });

  it('is not blamed when only the sound goes on', async () => {
    const path = await clips.make(
      ...[
        '-f',
        'lavfi',
        '-i',
        'sine=d=9',
        ...numbered({ seconds: 3 }),
        ...H264,
        '-c:a',
        'aac',
        'long-sound.mp4',
      ],
    );
    expect(await attempt(path)).toEqual({ frames: 6, error: null });
  });

  it('is not blamed for damage in the middle, which the decoder hides', async () => {
    const whole = await clips.make(...NOISE, '-c:v', 'mpeg4', '-q:v', '4', 'damaged.mp4');
    const bytes = await readFile(whole);
    for (let at = 60_000; at < bytes.length - 60_000; at += 40_000) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    await writeFile(whole, bytes);
    expect(await attempt(whole)).toEqual({ frames: 40, error: null });
  });
});

describe('the decoder', () => {
  it('is missing', async () => {
    const path = await written('any.mp4', 'any');
    const request = { ffmpeg: '/nowhere/ffmpeg', path, geometry: SMALL, sampleFps: 2 };
    const frames = decodeFrames(request, new AbortController().signal);
    await expect(frames.next()).rejects.toMatchObject({ code: 'E_FFMPEG_MISSING' });
  });

  it('leaves no process behind after any of this', () => {
    const children = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'comm='], { encoding: 'utf8' });
    expect(children.split('\n').filter((name) => name.includes('ffmpeg'))).toEqual([]);
  });
});
