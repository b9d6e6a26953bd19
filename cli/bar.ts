// Bars of blocks.
const MB = 1_000_000;
const BAR_CELLS_MAX = 40;
const BAR_CELLS_MIN = 8;

/** Returns the filled and the empty part of a bar of `cells` terminal cells that shows `share` (0..1). */
export function barOf(share: number, cells: number): { filled: string; empty: string } {
  const count = Math.round(Math.min(1, Math.max(0, share)) * cells);
  return { filled: '█'.repeat(count), empty: '░'.repeat(cells - count) };
}

/** Returns a line on a transfer, with a bar where `columns` have room for one: `█████░░░  512 of 606 MB  vision_model.onnx`. */
export function transferLine(
  { name, bytes, totalBytes }: { name: string; bytes: number; totalBytes: number | undefined },
  columns: number,
): string {
  const done = (bytes / MB).toFixed(0);
  const text = totalBytes === undefined ? `${done} MB` : `${done} of ${(totalBytes / MB).toFixed(0)} MB`;
  const cells = Math.min(BAR_CELLS_MAX, columns - text.length - name.length - 5);
  if (totalBytes === undefined || cells < BAR_CELLS_MIN) return `${text}  ${name}`;
  const { filled, empty } = barOf(bytes / totalBytes, cells);
  return `${filled}${empty}  ${text}  ${name}`;
}
