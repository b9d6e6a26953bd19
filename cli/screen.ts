// lines → terminal: a few live lines at the bottom of a terminal, plain lines everywhere else.

const ESC = '\u001b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const CLEAR_DOWN = `${ESC}0J`;

/** The part of a writable stream that a screen needs; `process.stdout` is one. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Lines that stay, and, on a terminal, live lines below them that are redrawn in place. */
export interface Screen {
  /** Whether live lines are shown; when not, the caller prints what matters from time to time. */
  readonly live: boolean;
  readonly columns: number;
  /** Prints a line that stays. */
  print(line: string): void;
  /** Replaces the live lines; does nothing where there is no terminal. Lines longer than the screen are cut. */
  draw(lines: readonly string[]): void;
  /** Takes the live lines away and gives the cursor back. Safe to call twice. */
  close(): void;
}

/** Returns a screen on `output`. It writes control codes only when `output` is a terminal. */
export function openScreen(output: Output): Screen {
  const live = output.isTTY === true;
  let shown: readonly string[] = [];
  let hidden = false;
  const columns = () => output.columns ?? 80;
  const erase = () => (shown.length === 0 ? '' : `${ESC}${shown.length}A\r${CLEAR_DOWN}`);
  const paint = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

  const restore = () => {
    if (hidden) output.write(SHOW_CURSOR);
    hidden = false;
  };
  return {
    live,
    get columns() {
      return columns();
    },
    print(line) {
      output.write(live ? `${erase()}${line}\n${paint(shown)}` : `${line}\n`);
    },
    draw(lines) {
      if (!live) return;
      // One column is left free: a full last column makes some terminals wrap, and the count of rows would be wrong.
      const next = lines.map((line) => cutCells(line, columns() - 1));
      if (!hidden) {
        output.write(HIDE_CURSOR);
        process.once('exit', restore);
        hidden = true;
      }
      output.write(erase() + paint(next));
      shown = next;
    },
    close() {
      if (shown.length > 0) output.write(erase());
      shown = [];
      restore();
      process.off('exit', restore);
    },
  };
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
// A colour code takes no room; it is matched first so that it is never cut in two.
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape is what such a code begins with.
const PIECE = /\u001b\[[0-9;]*m|[^\u001b]+/g;
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

/** Returns how many terminal cells `text` takes; colour codes take none. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const piece of text.match(PIECE) ?? []) {
    if (piece.startsWith('\u001b')) continue;
    for (const { segment } of graphemes.segment(piece)) width += WIDE.test(segment) ? 2 : 1;
  }
  return width;
}

/** Returns `text` cut to `cells` terminal cells, with `…` where something was cut; colour codes are all kept. */
export function cutCells(text: string, cells: number): string {
  if (cellWidth(text) <= cells) return text;
  let cut = '';
  let width = 0;
  let full = false;
  for (const piece of text.match(PIECE) ?? []) {
    if (piece.startsWith('\u001b')) {
      cut += piece;
      continue;
    }
    for (const { segment } of graphemes.segment(piece)) {
      if (full) break;
      const next = WIDE.test(segment) ? 2 : 1;
      full = width + next > cells - 1;
      cut += full ? '…' : segment;
      width += next;
    }
  }
  return cut;
}

/** Returns `text` cut or padded with spaces to exactly `cells` terminal cells. */
export function fitCells(text: string, cells: number): string {
  const cut = cutCells(text, cells);
  return cut + ' '.repeat(Math.max(0, cells - cellWidth(cut)));
}
