// The models that Verbcast knows by name: where they come from, under which licence, and what their files must be.
//
// Hashes are SHA-256 and pinned only where independent public sources agree on them; the others are recorded by the
// first pull and held to ever after. Sizes are bytes. Facts are what the upstream files do not say.
import { type Dtype, type DtypeChoice, onnxFile } from './dtype.ts';
import type { Sidecar } from './model-files.ts';

export interface CatalogFile {
  readonly path: string;
  readonly bytes?: number;
  readonly sha256?: string;
  /** Pulled only for these; without it, always. */
  readonly dtypes?: readonly Dtype[];
}

export interface CatalogEntry {
  /** Name of the model, and of its folder. */
  readonly id: string;
  /** Repository on the hub; undefined: the model ships with the project. */
  readonly repo: string | undefined;
  /** A commit where one is known, else a branch: then what it is today is recorded by the pull. */
  readonly revision: string;
  readonly licence: { readonly name: string; readonly url: string; readonly note?: string };
  readonly summary: string;
  readonly files: readonly CatalogFile[];
  readonly facts?: Sidecar;
}

/** Used where no model is named, once it has been pulled. */
export const DEFAULT_MODEL = 'clip-vit-base-patch32';
/** Ships with the project: stands in until the default has been pulled. */
export const SHIPPED_MODEL = 'pocket';

const CONFIG = 'config.json';
const PREPROCESSOR = 'preprocessor_config.json';
const TOKENIZER = 'tokenizer.json';
const TOKENIZER_CONFIG = 'tokenizer_config.json';

/** A row of a list of files: the size in bytes and the SHA-256, as far as they are known. */
const file = (path: string, bytes?: number, sha256?: string): CatalogFile => ({
  path,
  ...(bytes === undefined ? {} : { bytes }),
  ...(sha256 === undefined ? {} : { sha256 }),
});
const vision = (dtype: Dtype, bytes?: number, sha256?: string): CatalogFile => ({
  ...file(onnxFile('vision', dtype), bytes, sha256),
  dtypes: [dtype],
});
const text = (dtype: Dtype, bytes?: number, sha256?: string): CatalogFile => ({
  ...file(onnxFile('text', dtype), bytes, sha256),
  dtypes: [dtype],
});

const CLIP_LICENCE = {
  name: 'MIT',
  url: 'https://github.com/openai/CLIP/blob/main/LICENSE',
  note: 'The model card keeps untested deployment, surveillance and face recognition out of its scope.',
};
const CLIP_FACTS: Sidecar = {
  source:
    'CLIP clips its learnt scale at 100 (arXiv 2103.00020, 2.5); config.json holds the value before training.',
  logitScale: 100,
};
const MOBILECLIP_LICENCE = {
  name: "Apple's licence for the MobileCLIP weights",
  url: 'https://github.com/apple/ml-mobileclip/blob/main/LICENSE_weights_data',
  note: 'Not an open-source licence, and its terms have changed since the release: read them before any use beyond research.',
};
const MOBILECLIP_FACTS: Sidecar = {
  source:
    'Usage example in the README of apple/ml-mobileclip; the export’s config.json names the architecture only.',
  dims: 512,
  contextLength: 77,
  logitScale: 100,
  padding: 'fixed',
};
/** CLIP's tokenizer in the export that most repositories share. */
const CLIP_TOKENIZER = file(
  TOKENIZER,
  2_224_081,
  '72ed5c96db5729294468543e4bc75fce14ca63f58e37300290189ba1c1e52b85',
);

export const CATALOG: readonly CatalogEntry[] = [
  {
    id: SHIPPED_MODEL,
    repo: undefined,
    revision: 'shipped',
    licence: { name: 'Apache-2.0', url: 'models/pocket/README.md' },
    summary: 'Ships with the project: small and fast, for trying things out. Not CLIP; see its card.',
    files: [
      file(CONFIG),
      file(PREPROCESSOR),
      file(TOKENIZER),
      file(TOKENIZER_CONFIG),
      vision('fp32'),
      text('fp32'),
    ],
  },
  {
    id: DEFAULT_MODEL,
    repo: 'Xenova/clip-vit-base-patch32',
    revision: 'd15189d7028b43f1d3e65039190477f6af591c2a',
    licence: CLIP_LICENCE,
    summary: "OpenAI's CLIP ViT-B/32: the default. 224 px, 512 numbers, 8.8 GFLOP an image.",
    files: [
      file(CONFIG, 4_524, '493ef57ff783e42d1530c91b53469b7fdf8db8a9c1408e86998fcb7899a4f495'),
      file(PREPROCESSOR, 520, '6f638fb9401a6d6296feff533ee7efe657b787c49f954f82f5906b36ef2a1b1f'),
      file(TOKENIZER, 2_224_119, 'f7f3b7af117d467b58374797691a6438d3e6b9e9cef800dfd5dced7f697a90cd'),
      file(TOKENIZER_CONFIG, 775, '60ba2912bc6344c94bc16bbdec27fa1209409167b6f2fdf3cfe9e65462ea3967'),
      vision('fp32', 351_685_709, 'fd6e1402a588279d1723c7534d4bcba5bc0b14b47dfab0e46f8c47b8270d7d40'),
      text('fp32', 254_058_553, '3f6571f5bad13a97c469c1622e1cfc4d9aef78b79fdbfcff804ca357bfada8cc'),
      vision('fp16', 176_080_659, '35c4e0fb0aeee527dcde1693520b214a34424a786babd530f35366bad5844efd'),
      text('fp16', 127_339_794, 'df587ffbf248bf20d44fa6e16adc5ebc27ead691860e5333dbdaab5fd6bf3f6e'),
      vision('quantized', 89_117_001, '583fd1110a514667812fee7d684952aaf82a99b959760c8d7dca7e0ab9839299'),
      text('quantized', 64_504_507, '73baab855d406190da9faa498cfedf65f15cf309f4cc7385b7b032e6d08e5c3a'),
    ],
    facts: CLIP_FACTS,
  },
  {
    id: 'clip-vit-base-patch16',
    repo: 'Xenova/clip-vit-base-patch16',
    revision: '342fdf2f67aded64d138ff074745fb4a5d2bba5f',
    licence: CLIP_LICENCE,
    summary: "OpenAI's CLIP ViT-B/16: sees finer detail than B/32 for four times the work.",
    files: [
      file(CONFIG, 4_523),
      file(PREPROCESSOR, 520),
      CLIP_TOKENIZER,
      file(TOKENIZER_CONFIG, 775),
      vision('fp32'),
      text('fp32'),
      vision('fp16'),
      text('fp16'),
      vision('quantized', 87_461_602, '44eece4fe5fe4e0359a88268a327adf758633a1aade3917690b952bef1501f96'),
      text('quantized', 64_504_507, '9106b51e6c663a56b99182ec617c2b3d53577b037e7e24a7717eb78048a0c97a'),
    ],
    facts: CLIP_FACTS,
  },
  {
    id: 'clip-vit-large-patch14',
    repo: 'Xenova/clip-vit-large-patch14',
    revision: 'c307790166907339eed5a9a53a249af534102536',
    licence: CLIP_LICENCE,
    summary:
      "OpenAI's CLIP ViT-L/14: the most accurate of the three, 18 times the work of B/32; wants a GPU.",
    files: [
      file(CONFIG),
      file(PREPROCESSOR),
      file(TOKENIZER),
      file(TOKENIZER_CONFIG),
      vision('fp32', 1_216_438_437, 'ff49f8aa57c7abfd26e382eb083e4dbf988505223a9bd3767dbfd4e729206709'),
      text('fp32'),
      vision('fp16'),
      text('fp16'),
      vision('quantized'),
      text('quantized'),
    ],
    facts: CLIP_FACTS,
  },
  {
    // No quantized image tower: its embeddings are known to be far off (0.37 between like images, by public reports).
    id: 'mobileclip-s0',
    repo: 'Xenova/mobileclip_s0',
    revision: '757d59c9c6870a76a4b0306f05f5061bca15c39f',
    licence: MOBILECLIP_LICENCE,
    summary: "Apple's MobileCLIP-S0: small and quick, near ViT-B/16 in accuracy. 256 px.",
    files: [
      file(CONFIG),
      file(PREPROCESSOR, 382, 'b031f09fbd69e22a605b6cc7433993249ee893b7fc1b79321f669cd015493dd4'),
      CLIP_TOKENIZER,
      file(TOKENIZER_CONFIG, 763, 'a7d9d24f248071b792e4a3b56ab0539c2f40eec8da56d6fd91fb3a50058acebd'),
      vision('fp32', 45_543_630, '17d3c037b1d488c10c50e09f6009ea5a198caef4e0e8f4ea5617b7cb2d067ac0'),
      vision('fp16', undefined, '22b1d36ecc6837e8205aee05003440a25e1c1ee0c7e2945dbb9dd597211c59dc'),
      // The fp16 text tower is known not to load in onnxruntime; fp32 serves both.
      {
        ...text('fp32', 169_807_789, 'f6e9bd5742bfc515889e901634d8a2ff2a57fab8564e4ad3760e800b1a51b77c'),
        dtypes: ['fp32', 'fp16'],
      },
    ],
    facts: MOBILECLIP_FACTS,
  },
  {
    id: 'mobileclip-s2',
    repo: 'Xenova/mobileclip_s2',
    revision: 'main',
    licence: MOBILECLIP_LICENCE,
    summary:
      "Apple's MobileCLIP-S2: more accurate than S0, for more than twice the time by Apple's figures. 256 px.",
    files: [
      file(CONFIG),
      file(PREPROCESSOR),
      file(TOKENIZER),
      file(TOKENIZER_CONFIG),
      vision('fp32'),
      vision('fp16'),
      { ...text('fp32'), dtypes: ['fp32', 'fp16'] },
    ],
    facts: MOBILECLIP_FACTS,
  },
  {
    id: 'siglip2-base-patch16-224',
    repo: 'onnx-community/siglip2-base-patch16-224-ONNX',
    revision: 'ba1f3b0843f24bc5417d38e19c37b287d719b2f4',
    licence: {
      name: 'Apache-2.0',
      url: 'https://huggingface.co/google/siglip2-base-patch16-224',
      note: "Google's weights; the ONNX export names no licence of its own.",
    },
    summary: "Google's SigLIP 2 base: many languages, judges each label for itself. 224 px, 768 numbers.",
    files: [
      file(CONFIG, 435, 'e43a9f7692d3819886a82cb2097048258d444f123c67d37ec825f9345b019cf2'),
      file(PREPROCESSOR, 394, '9b36b57ebaf20f09bf4c22100ccc21877ea6bfe5aead0c00c59f8af8ccefacfc'),
      file(TOKENIZER, 34_363_039, 'cb9140fae3ac5122c972d37adf83e1248471a38147ad76f8215c8872c6fd8322'),
      file(TOKENIZER_CONFIG, 47_240, '7c3a247599e741bceba1a3fe0285aea88d1044dc1fad2caa1e48cdd9fd25f630'),
      vision('fp32', 371_807_752, 'c0573e3f4140c3a7c4e9cc5912bd6b26a033b46a6a8e8af26cbea262b163bcad'),
      text('fp32', undefined, 'baf12d941beabafafb14f7b4adb38dc15be18681b964a84410ec53d9d65e6293'),
      vision('fp16', 186_039_516, 'a1959f7bd3993a607e48839f6d01e25b876fe76afda301b028b78eef68aabd95'),
      text('fp16', 564_862_230, '711da56ada0a4aa11c7dd3320df741081a3cae4f0ae1b5e5c6d5b294738d0eb0'),
      vision('quantized', 94_553_333, '5f2b401c1a4fc095702a5d45348e17ad46c4f87064085365b43c6e8eaa5c0070'),
      text('quantized', 283_438_275, '3a0603d3a00c05a80a6ded4743c16aaac7b1e62cdcc7e362e7ce418659b96400'),
    ],
    facts: {
      source:
        'logit_scale (4.724453449, as e^x) and logit_bias in the checkpoint google/siglip2-base-patch16-224; ' +
        'lower case and 64 tokens as in training (huggingface/transformers #43101).',
      dims: 768,
      logitScale: 112.668_902,
      logitBias: -16.771_724_7,
      contextLength: 64,
      padding: 'fixed',
      lowercase: true,
    },
  },
];

/** Returns the catalog's entry of that name. */
export function findCatalogEntry(id: string): CatalogEntry | undefined {
  return CATALOG.find((entry) => entry.id === id);
}

/** Returns the files that a pull in `dtype` fetches; none where the model is not offered in it. `auto` is fp32. */
export function catalogFiles(entry: CatalogEntry, dtype: DtypeChoice): readonly CatalogFile[] {
  const wanted = dtype === 'auto' ? 'fp32' : dtype;
  if (!entry.files.some((file) => file.dtypes?.includes(wanted))) return [];
  return entry.files.filter((file) => file.dtypes === undefined || file.dtypes.includes(wanted));
}
