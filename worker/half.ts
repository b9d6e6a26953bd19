// IEEE 754 binary16, in which embeddings are stored: half the bytes, and an error far below what scores can show.

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Returns `values` as binary16 bit patterns, rounded to nearest even. Meant for |x| ≤ 65504; beyond is infinity. */
export function encodeHalf(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) halves[i] = halfBits(values[i] ?? 0);
  return halves;
}

/** Returns the float32 values of binary16 bit patterns; exact. */
export function decodeHalf(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = DECODED[halves[i] ?? 0] ?? 0;
  return values;
}

function halfBits(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa ? 0x200 : 0);
  const shifted = exponent - 112;
  if (shifted >= 31) return sign | 0x7c00;
  if (shifted < -10) return sign;
  // A subnormal half keeps the implicit one in its mantissa.
  const significand = shifted > 0 ? mantissa : mantissa | 0x800000;
  const drop = shifted > 0 ? 13 : 14 - shifted;
  const half = (Math.max(shifted, 0) << 10) + (significand >>> drop);
  const rest = significand & ((1 << drop) - 1);
  const middle = 1 << (drop - 1);
  const roundUp = rest > middle || (rest === middle && (half & 1) === 1);
  return sign | (half + (roundUp ? 1 : 0));
}

const DECODED = Float32Array.from({ length: 0x10000 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
});
