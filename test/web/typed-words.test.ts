// What people type into the page: labels, addresses, thresholds.
import { describe, expect, it } from 'vitest';
import { LabelSetInput } from '../../protocol/labels.ts';
import { Source } from '../../protocol/stream.ts';
import { addressFault, looksLikeVideo, sourceOf } from '../../web/footage.ts';
import {
  draftFault,
  draftInput,
  draftOf,
  isChanged,
  type KnownSet,
  plainLabel,
} from '../../web/label-draft.ts';
import { addLabels, MAX_LABELS, splitLabels } from '../../web/label-words.ts';

const thresholds = { on: 0.5, off: 0.3, minOnSeconds: 1, minOffSeconds: 1 };
const known: KnownSet = {
  labels: [
    plainLabel('waving'),
    { name: 'fall', prompts: ['a person falling down'], not: ['a person lying in bed'], threshold: 0.7 },
  ],
  thresholds,
  templates: 'action',
};

describe('labels as they are typed', () => {
  it('split at commas, semicolons and lines, without list marks and spare spaces', () => {
    expect(splitLabels(' playing  guitar, waving;\n- riding a bike\r\n2. clean and jerk\n\n')).toEqual([
      'playing guitar',
      'waving',
      'riding a bike',
      'clean and jerk',
    ]);
  });

  it('keep hyphens and numbers that belong to the words', () => {
    expect(splitLabels('stand-up comedy, 100 m sprint')).toEqual(['stand-up comedy', '100 m sprint']);
  });

  it('are added once each, up to what the server takes', () => {
    expect(addLabels(['a', 'b'], ['b', 'c', 'c'])).toEqual(['a', 'b', 'c']);
    const many = Array.from({ length: 400 }, (_, index) => `label ${index}`);
    expect(addLabels([], many)).toHaveLength(MAX_LABELS);
  });
});

describe('footage as it is named', () => {
  it.each([
    ['rtsp://camera.local:554/stream', { url: 'rtsp://camera.local:554/stream' }],
    ['HTTPS://example.org/clip.mp4', { url: 'HTTPS://example.org/clip.mp4' }],
    ['  clips/my game.mp4 ', { path: 'clips/my game.mp4' }],
  ])('%s is a source that the server takes', (address, source) => {
    expect(sourceOf(address)).toEqual(source);
    expect(Source.safeParse(sourceOf(address)).success).toBe(true);
    expect(addressFault(address)).toBeNull();
  });

  it('is nothing when the field is empty', () => {
    expect(sourceOf('   ')).toBeNull();
  });

  it.each(['ftp://host/clip.mp4', 'file:///home/me/clip.mp4', 'rtsp://', 'http://host/my clip.mp4'])(
    '%s is refused with a reason',
    (address) => {
      expect(addressFault(address)).not.toBeNull();
    },
  );

  it('is doubted when a file is not named or typed like a video', () => {
    expect(looksLikeVideo({ name: 'GAME.MKV', type: '' })).toBe(true);
    expect(looksLikeVideo({ name: 'clip', type: 'video/mp4' })).toBe(true);
    expect(looksLikeVideo({ name: 'notes.txt', type: 'text/plain' })).toBe(false);
  });
});

describe('a label set under edit', () => {
  it('changes nothing as long as nobody types', () => {
    expect(isChanged(draftOf(known), known)).toBe(false);
  });

  it('is sent back as it came, with only what was edited changed', () => {
    const draft = { ...draftOf(known), on: 0.6 };
    expect(isChanged(draft, known)).toBe(true);
    const input = draftInput(draft, known);
    expect(input).toEqual({
      labels: [
        'waving',
        { name: 'fall', prompts: ['a person falling down'], not: ['a person lying in bed'], threshold: 0.7 },
      ],
      thresholds: { ...thresholds, on: 0.6 },
      templates: 'action',
    });
    expect(LabelSetInput.safeParse(input).success).toBe(true);
  });

  it('sends no wordings where they were emptied, so that the name counts again', () => {
    const draft = draftOf(known);
    const emptied = { ...draft, labels: draft.labels.map((label) => ({ ...label, prompts: [], not: [] })) };
    expect(draftInput(emptied, known).labels).toEqual(['waving', { name: 'fall', threshold: 0.7 }]);
  });

  it.each(['0', '1', '-0.2', '1.5', 'high'])(
    'refuses %s as a threshold, and says of which label',
    (threshold) => {
      const draft = draftOf(known);
      const [first, second] = draft.labels;
      const labels = first && second ? [{ ...first, threshold }, second] : [];
      expect(draftFault({ ...draft, labels })).toContain('waving');
    },
  );

  it('refuses to be empty, and to end above where it starts', () => {
    expect(draftFault({ ...draftOf(known), labels: [] })).not.toBeNull();
    expect(draftFault({ ...draftOf(known), on: 0.3, off: 0.4 })).not.toBeNull();
    expect(draftFault(draftOf(known))).toBeNull();
  });
});
