// Exports of actions: what a spreadsheet and a player must be able to read.
import { expect, test } from 'vitest';
import { exportActions } from '../../gateway/export.ts';

const guitar = { id: 'ac_1', label: 'playing guitar', start: 1.5, end: 7, peak: 0.934 };
const open = { id: 'ac_2', label: 'a "quick", odd\nlabel --> <i>&', start: 3599.9996, peak: 1 };

test('csv quotes what needs it, and leaves the end of an action that holds empty', () => {
  expect(exportActions([guitar, open], 'csv', 4000)).toBe(
    'id,label,start,end,peak\r\nac_1,playing guitar,1.5,7,0.934\r\nac_2,"a ""quick"", odd\nlabel --> <i>&",3599.9996,,1\r\n',
  );
});

test('srt numbers its cues, rounds to milliseconds and cannot be broken by a label', () => {
  expect(exportActions([guitar, open], 'srt', 4000)).toBe(
    '1\n00:00:01,500 --> 00:00:07,000\nplaying guitar (93 %)\n\n' +
      '2\n01:00:00,000 --> 01:06:40,000\na "quick", odd label → <i>& (100 %)\n\n',
  );
});

test('vtt escapes markup', () => {
  expect(exportActions([open], 'vtt', 4000)).toBe(
    'WEBVTT\n\nac_2\n01:00:00.000 --> 01:06:40.000\na "quick", odd label --&gt; &lt;i&gt;&amp; (100 %)\n\n',
  );
});

test('an action that began just now gets a cue with a length', () => {
  expect(exportActions([{ ...guitar, start: 5, end: 5 }], 'srt', 5)).toContain(
    '00:00:05,000 --> 00:00:05,100',
  );
  expect(exportActions([{ id: 'a', label: 'b', start: 5, peak: 1 }], 'vtt', 2)).toContain(
    '00:00:05.000 --> 00:00:05.100',
  );
});

test('hours go on past 99', () => {
  expect(exportActions([{ ...guitar, start: 400_000, end: 400_001 }], 'vtt', 0)).toContain('111:06:40.000');
});

test('no actions are an empty file of the right kind', () => {
  expect(exportActions([], 'csv', 0)).toBe('id,label,start,end,peak\r\n');
  expect(exportActions([], 'vtt', 0)).toBe('WEBVTT\n\n');
  expect(exportActions([], 'srt', 0)).toBe('');
});
