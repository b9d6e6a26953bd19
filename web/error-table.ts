// Reads docs/errors.md, so that the page and the documentation say the same.

/** Returns code → what to do, from the Markdown table of error codes. */
export function parseErrorTable(markdown: string): ReadonlyMap<string, string> {
  const rows = markdown.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  return new Map(
    rows
      .filter((cells) => /^E_[A-Z_]+$/.test(cells[1] ?? ''))
      .map((cells) => [cells[1] ?? '', (cells.at(-2) ?? '').replaceAll('`', '')]),
  );
}
