// Playlists: every address leads through the relay, or the playlist is refused.
import { describe, expect, it } from 'vitest';
import { isFinishedPlaylist, isPlaylist, rewritePlaylist } from '../../sources/playlist.ts';

const BASE = new URL('https://cdn.example/live/a/index.m3u8?token=1');
const rewrite = (text: string) => rewritePlaylist(text, BASE, (url) => `via:${url.href}`);

describe('a playlist', () => {
  it('is known by its first bytes', () => {
    expect(isPlaylist(Buffer.from('#EXTM3U\n'))).toBe(true);
    expect(isPlaylist(Buffer.from('#EXTM3'))).toBe(false);
    expect(isPlaylist(Buffer.from('\0\0\0\x18ftyp'))).toBe(false);
  });

  it('is over when it says so', () => {
    expect(isFinishedPlaylist('#EXTM3U\n#EXTINF:4,\na.ts\n#EXT-X-ENDLIST\n')).toBe(true);
    expect(isFinishedPlaylist('#EXTM3U\n#EXTINF:4,\n#EXT-X-ENDLIST.ts\n')).toBe(false);
  });

  it('has its addresses made absolute and led through', () => {
    const text = [
      '#EXTM3U',
      '#EXT-X-TARGETDURATION:4',
      '# a remark with file:///etc/passwd',
      '#EXT-X-KEY:METHOD=AES-128,URI="key.bin",IV=0x1',
      '#EXT-X-MAP:URI="../init.mp4",BYTERANGE="1@0"',
      '#EXTINF:4.0,',
      'seg 1.ts'.replace(' ', '-'),
      '#EXTINF:4.0,',
      '/root.ts?x=1',
      '#EXTINF:4.0,',
      '//other.example/b.ts',
      'http://third.example:8080/c.ts',
    ].join('\r\n');
    expect(rewrite(text).split('\n')).toEqual([
      '#EXTM3U',
      '#EXT-X-TARGETDURATION:4',
      '',
      '#EXT-X-KEY:METHOD=AES-128,URI="via:https://cdn.example/live/a/key.bin",IV=0x1',
      '#EXT-X-MAP:URI="via:https://cdn.example/live/init.mp4",BYTERANGE="1@0"',
      '#EXTINF:4.0,',
      'via:https://cdn.example/live/a/seg-1.ts',
      '#EXTINF:4.0,',
      'via:https://cdn.example/root.ts?x=1',
      '#EXTINF:4.0,',
      'via:https://other.example/b.ts',
      'via:http://third.example:8080/c.ts',
    ]);
  });

  it.each([
    'file:///etc/passwd',
    'FILE:/etc/passwd',
    'file,/etc/passwd',
    'concat:http://a/|file:///etc/passwd',
    'subfile,,start,0,end,9,,:/etc/passwd',
    'crypto+file:///etc/passwd',
    'data:video/mp2t;base64,AAAA',
    'gopher://127.0.0.1:6379/_x',
    'tcp://127.0.0.1:6379',
    'httpproxy://127.0.0.1:6379/x',
    'rtsp://camera/1',
    'a.ts\tb',
    'a"b.ts',
    'a\\b.ts',
  ])('is refused when it names %j', (address) => {
    const forbidden = expect.objectContaining({ code: 'E_SOURCE_FORBIDDEN' });
    // A name with a comma and no scheme is a path below the playlist's own.
    const isPath = /^(file|subfile),/.test(address);
    if (isPath) {
      expect(rewrite(`#EXTM3U\n${address}\n`)).toContain('via:https://cdn.example/live/a/');
      return;
    }
    expect(() => rewrite(`#EXTM3U\n${address}\n`)).toThrow(forbidden);
    expect(() => rewrite(`#EXTM3U\n#EXT-X-MAP:URI="${address}"\na.ts\n`)).toThrow(forbidden);
  });

  it('may have variants, and not thousands', () => {
    const master = (count: number) => `#EXTM3U\n${'#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n'.repeat(count)}`;
    expect(rewrite(master(64))).toContain('via:https://cdn.example/live/a/a.m3u8');
    expect(() => rewrite(master(65))).toThrow(expect.objectContaining({ code: 'E_SOURCE_LIMIT' }));
  });

  it.each(['URI=key.bin', 'URI =http://a/', 'uri= file:///x', 'URI=\\"x"', 'URI="a"b", URI=x'])(
    'is refused when an attribute is written like %s',
    (attribute) => {
      expect(() => rewrite(`#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,${attribute}\n`)).toThrow(
        expect.objectContaining({ code: 'E_SOURCE_FORBIDDEN' }),
      );
    },
  );
});
