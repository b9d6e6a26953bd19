// Our tokenizer loader against CLIP's published way from text to ids.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { clipIds, writeClipTokenizer } from './clip-tokenizer-files.ts';

const directory = writeClipTokenizer();
const caseful = writeClipTokenizer({ lowers: false });
afterAll(() => {
  for (const folder of [directory, caseful]) rmSync(folder, { recursive: true });
});
const clip = await loadTokenizer({ directory, contextLength: 77, padId: 49_407, lowercase: false });
const pocket = await loadTokenizer({
  directory: join(import.meta.dirname, '../../models/pocket'),
  contextLength: 32,
  padId: 8_513,
  lowercase: false,
});

const HARD = {
  'an empty string': '',
  'one letter': 'a',
  'a plain sentence': 'a photo of a cat',
  'upper case': 'A VIDEO OF Somebody PLAYING Guitar',
  'several spaces, tabs and line ends': '  a   video \t of\n\na   dog  ',
  contractions: "he's, they're, I'm, we'd, you'll, don't, could've, rock 'n' roll",
  'upper-case contractions': "HE'S, DON'T",
  punctuation: 'wait... what?! (no) [yes] {maybe} -- #1 @home 50% a/b "quoted"',
  digits: 'run 5 km in 2024, then 3.14159',
  'words with digits': 'mp3 h264 covid19',
  hyphens: 'state-of-the-art sit-ups',
  underscores: 'playing_guitar __init__',
  accents: 'café crème brûlée, naïve façade, Ångström',
  'decomposed accents': 'cafe\u0301 cre\u0300me',
  'upper-case accents': 'ÉCOLE ÑANDÚ ÜBER',
  German: 'Straßenbahn fährt über die Brücke',
  emoji: 'a person surfing 🏄 🌊',
  'emoji joined to one': '👩‍👩‍👧 family 🇩🇪',
  Chinese: '一个人在弹吉他',
  Japanese: 'ギターを弾く人',
  Korean: '기타 치는 사람',
  Russian: 'человек играет на гитаре',
  Arabic: 'شخص يعزف على الغيتار',
  Hindi: 'गिटार बजाना',
  'full-width letters': 'ＣＬＩＰ',
  'fractions and superscripts': '½ cup, x², №5',
  'no-break and thin spaces': 'a\u00a0video\u2009of\u3000rain',
  'zero-width characters': 'play\u200bing gui\u200dtar',
  symbols: '€20 ± 5 °C → ∞ ™ ©',
  'a rare long word': 'pneumonoultramicroscopicsilicovolcanoconiosis',
  'a word without end': 'x'.repeat(300),
  'exactly the context length': 'dog '.repeat(75),
  'one token too many': 'dog '.repeat(76),
  'far beyond the context length': 'a person is playing the guitar on a stage. '.repeat(40),
  'a cut inside a character of many bytes': '🏄'.repeat(60),
};

describe("CLIP's tokenizer", () => {
  test.each(Object.entries(HARD))('gives the ids of CLIP for %s', (_, text) => {
    expect(clip.encode(text)).toEqual(clipIds(text));
  });

  test('gives the ids that are known from the literature', () => {
    expect(clip.encode('a photo of a cat')).toEqual([49_406, 320, 1_125, 539, 320, 2_368, 49_407]);
  });

  test('keeps the end token of a text that is cut', () => {
    const ids = clip.encode('dog '.repeat(200));
    expect(ids).toHaveLength(77);
    expect(ids.at(-1)).toBe(49_407);
  });
});

describe('a batch of texts', () => {
  test('is padded to its longest text, with a mask over what is padding', () => {
    const { ids, mask, length } = clip.encodeBatch(['dog', 'a photo of a cat']);
    expect(length).toBe(7);
    expect(ids.slice(0, 7)).toEqual([49_406, 1_929, 49_407, 49_407, 49_407, 49_407, 49_407]);
    expect(mask).toEqual([1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('is padded to a length that is asked for', () => {
    const { ids, length } = clip.encodeBatch(['dog'], 77);
    expect([ids.length, length]).toEqual([77, 77]);
  });
});

test("pocket's tokenizer puts its start and end tokens around a text", () => {
  const ids = pocket.encode('playing guitar');
  expect([ids.at(0), ids.at(-1)]).toEqual([8_512, 8_513]);
  expect(pocket.encode('')).toEqual([8_512, 8_513]);
});

test('a model that was trained on lower case is given lower case', async () => {
  const model = { directory: caseful, contextLength: 77, padId: 0 };
  const asIs = await loadTokenizer({ ...model, lowercase: false });
  const lower = await loadTokenizer({ ...model, lowercase: true });
  expect(lower.encode('Playing GUITAR')).toEqual(clip.encode('playing guitar'));
  expect(asIs.encode('Playing GUITAR')).not.toEqual(clip.encode('playing guitar'));
});

test('a folder without a tokenizer is an E_MODEL_FILES that names the file', async () => {
  const missing = loadTokenizer({ directory: '/nowhere', contextLength: 77, padId: 0, lowercase: false });
  await expect(missing).rejects.toMatchObject({
    code: 'E_MODEL_FILES',
    message: expect.stringContaining('tokenizer.json'),
  });
});
