// IEEE 754 half precision (binary16): tensors of float16 models, and stored embeddings.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Returns the bits of the half nearest to each value (ties to even), as Uint16Array of the same length. */
export function toFloat16(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let at = 0; at < values.length; at++) halves[at] = halfBits(values[at] ?? 0);
  return halves;
}

/** Returns the values of halves given as bits, as Float32Array of the same length. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let at = 0; at < halves.length; at++) values[at] = VALUES[halves[at] ?? 0] ?? 0;
  return values;
}

function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

// All 65,536 of them: looking one up is several times faster than working it out, and history is read by the million.
const VALUES = Float32Array.from({ length: 0x10000 }, (_, half) => halfValue(half));

function halfBits(value: number): number {
  float[0] = value;
  const word = bits[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds beyond the greatest half, 65504
  if (magnitude < 0x38800000) {
    // Subnormal halves are multiples of 2^-24.
    const scaled = Math.abs(value) * 2 ** 24;
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}
