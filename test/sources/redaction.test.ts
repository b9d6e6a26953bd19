// Credentials never survive redaction.
import { describe, expect, it } from 'vitest';
import { describeSource, redact } from '../../sources/redaction.ts';

describe('redact', () => {
  it.each([
    ['rtsp://admin:s3cret@10.0.0.1:554/ch1', 'rtsp://***@10.0.0.1:554/ch1'],
    ['rtsp://s3cret@host/ch1', 'rtsp://***@host/ch1'],
    ['rtsp://admin:p@s3cret@host/ch1', 'rtsp://***@host/ch1'],
    ['rtsp://admin:s3c/ret@host/ch1', 'rtsp://***@host/ch1'],
    ['rtsp://admin:s3c#ret@host/ch1', 'rtsp://***@host/ch1'],
    ['https://host/a.mp4?token=s3cret&t=5', 'https://host/a.mp4?token=***&t=5'],
    ['https://host/a?X-Amz-Signature=s3cret&X-Amz-Date=1', 'https://host/a?X-Amz-Signature=***&X-Amz-Date=1'],
    ['https://host/a?sig=s3cret', 'https://host/a?sig=***'],
    ['https://host/a#access_token=s3cret', 'https://host/a#access_token=***'],
    ['https://host/a?apiKey=s3cret#access_token=s3cret', 'https://host/a?apiKey=***'],
    ['password=s3cret and more', 'password=*** and more'],
    ['rtsp://host/a=b_password=s3cret', 'rtsp://host/a=b_password=***'],
    ['rtsp://host/user=admin_password=s3cret_channel=1', 'rtsp://host/user=***'],
    [
      'https://host/go?next=rtsp%3A%2F%2Fme%3As3cret%40inner%2Fa',
      'https://host/go?next=rtsp%3A%2F%2F***%40inner%2Fa',
    ],
    ['Authorization: Basic s3cret==', 'Authorization: Basic ***'],
    [
      '[rtsp @ 0x1] error for rtsp://a:s3cret@h/x and http://b:s3cret@k/y',
      '[rtsp @ 0x1] error for rtsp://***@h/x and http://***@k/y',
    ],
  ])('masks %s', (given, expected) => {
    expect(redact(given)).toBe(expected);
    expect(redact(given)).not.toContain('s3cret');
  });

  it.each([
    ['a long row of names', '_key'.repeat(50_000)],
    ['a long row of names and values', '?key=a_key'.repeat(50_000)],
    ['a long row of signs', '='.repeat(100_000)],
    ['a scheme without end', 'a'.repeat(200_000)],
    ['schemes without end', 'a://'.repeat(50_000)],
    ['encoded schemes without end', '%3a%2f%2f'.repeat(20_000)],
    ['a header without end', `authorization:${' '.repeat(200_000)}`],
  ])('does not choke on %s', (_, text) => {
    // With a pattern that backtracks, any of these takes minutes.
    expect(typeof redact(text)).toBe('string');
  });

  it.each([
    'rtsp://host:554/ch1?channel=1',
    'https://host/@someone/video.mp4',
    'mail me at someone@example.com',
    '/media/clips/game.mp4: Invalid data found',
  ])('leaves %s alone', (text) => {
    expect(redact(text)).toBe(text);
  });
});

describe('describeSource', () => {
  it('shows what was submitted, without what is secret or moves a cursor', () => {
    expect(describeSource({ path: 'clips/game.mp4' })).toBe('clips/game.mp4');
    expect(describeSource({ url: 'rtsp://a:b@cam/1' })).toBe('rtsp://***@cam/1');
    expect(describeSource({ path: 'rtsp://a:b@cam/1' })).toBe('rtsp://***@cam/1');
    expect(describeSource({ upload: 'up_1' })).toBe('upload up_1');
    expect(describeSource({ path: 'a\u001b[2Jb\u202e.mp4' })).toBe('a?[2Jb?.mp4');
    expect(describeSource({ path: 'x'.repeat(5000) })).toHaveLength(512);
  });
});
