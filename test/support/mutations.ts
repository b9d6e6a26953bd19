// Broken media: what disks, networks and people who mean harm make of a good file. The same seed, the same files.
import { seededRandom } from './random.ts';

export interface Mutant {
  /** What was done, for messages. */
  readonly name: string;
  readonly bytes: Buffer;
}

type Random = () => number;
type Mutation = (bytes: Buffer, random: Random) => Buffer;

const upTo = (random: Random, most: number) => Math.floor(random() * most);

/** Values that break reckonings: the largest of each width, its neighbours, sizes of nothing and of everything. */
const EXTREMES = [
  0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x4000_0000, 0x0001_0000,
];
const HEAD = 4_096;

const MUTATIONS: Record<string, Mutation> = {
  'bit flips': (bytes, random) => {
    const flips = 1 + upTo(random, 200);
    for (let i = 0; i < flips; i++) flip(bytes, upTo(random, bytes.length), random);
    return bytes;
  },
  'bit flips in the head': (bytes, random) => {
    const flips = 1 + upTo(random, 30);
    for (let i = 0; i < flips; i++) flip(bytes, upTo(random, Math.min(HEAD, bytes.length)), random);
    return bytes;
  },
  truncation: (bytes, random) => bytes.subarray(0, 1 + upTo(random, bytes.length)),
  'a missing head': (bytes, random) => bytes.subarray(1 + upTo(random, Math.min(HEAD, bytes.length - 1))),
  'extreme numbers': (bytes, random) => {
    const writes = 1 + upTo(random, 20);
    for (let i = 0; i < writes && bytes.length > 8; i++) {
      const at = upTo(random, Math.min(random() < 0.7 ? HEAD : bytes.length, bytes.length) - 4);
      bytes.writeUInt32BE(EXTREMES[upTo(random, EXTREMES.length)] ?? 0, Math.max(0, at));
    }
    return bytes;
  },
  'extreme numbers in boxes': (bytes, random) => {
    // Dimensions, durations, sample tables: where a header lies about its size.
    for (const box of [
      'tkhd',
      'avc1',
      'stsd',
      'stts',
      'stsz',
      'stco',
      'mvhd',
      'mdhd',
      'avcC',
      'avih',
      'strh',
    ]) {
      const at = bytes.indexOf(box, 0, 'latin1');
      if (at === -1 || random() < 0.6 || at + 100 > bytes.length) continue;
      const writes = 1 + upTo(random, 4);
      for (let i = 0; i < writes; i++)
        bytes.writeUInt32BE(EXTREMES[upTo(random, EXTREMES.length)] ?? 0, at + 4 + upTo(random, 80));
    }
    return bytes;
  },
  'a hole of zeros': (bytes, random) => {
    const from = upTo(random, bytes.length);
    return bytes.fill(0, from, from + upTo(random, bytes.length - from));
  },
  'a part again and again': (bytes, random) => {
    const from = upTo(random, bytes.length);
    const part = bytes.subarray(from, from + 1 + upTo(random, 20_000));
    const times = 1 + upTo(random, 200);
    return Buffer.concat([
      bytes.subarray(0, from),
      ...Array.from({ length: times }, () => part),
      bytes.subarray(from),
    ]);
  },
  'parts swapped': (bytes, random) => {
    const [a = 0, b = 0] = [upTo(random, bytes.length), upTo(random, bytes.length)].sort((x, y) => x - y);
    return Buffer.concat([bytes.subarray(0, a), bytes.subarray(b), bytes.subarray(a, b)]);
  },
  noise: (bytes, random) => {
    const from = upTo(random, bytes.length);
    const to = Math.min(bytes.length, from + upTo(random, 5_000));
    for (let at = from; at < to; at++) bytes[at] = upTo(random, 256);
    return bytes;
  },
  'a long tail': (bytes, random) =>
    Buffer.concat([bytes, Buffer.alloc(upTo(random, 30_000_000), upTo(random, 256))]),
};

function flip(bytes: Buffer, at: number, random: Random): void {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << upTo(random, 8));
}

/** Returns mutant `number` of `originals`: every mutation meets every original, each time differently. */
export function mutate(originals: readonly { name: string; bytes: Buffer }[], number: number): Mutant {
  const random = seededRandom(number + 1);
  const names = Object.keys(MUTATIONS);
  const name = names[number % names.length] ?? '';
  const original = originals[Math.floor(number / names.length) % originals.length];
  const mutation = MUTATIONS[name];
  if (!original || !mutation) throw new Error('Expected originals.');
  return { name: `${name}, ${original.name}`, bytes: mutation(Buffer.from(original.bytes), random) };
}
