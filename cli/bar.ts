// A bar of blocks.

/** Returns the filled and the empty part of a bar of `cells` terminal cells that shows `share` (0..1). */
export function barOf(share: number, cells: number): { filled: string; empty: string } {
  const count = Math.round(Math.min(1, Math.max(0, share)) * cells);
  return { filled: '█'.repeat(count), empty: '░'.repeat(cells - count) };
}
