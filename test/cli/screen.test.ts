import { expect, test } from 'vitest';
import { cellWidth, cutCells, fitCells, openScreen } from '../../cli/screen.ts';

/** A terminal, or a pipe, that keeps what was written. */
function output({ isTTY, columns = 20 }: { isTTY: boolean; columns?: number }) {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text: string) => written.push(text) };
}

test('without a terminal only lines that stay are written, and no control codes', () => {
  const pipe = output({ isTTY: false });
  const screen = openScreen(pipe);
  screen.draw(['live']);
  screen.print('kept');
  screen.close();
  expect(pipe.written.join('')).toBe('kept\n');
});

test('on a terminal each picture takes the place of the one before', () => {
  const terminal = output({ isTTY: true });
  const screen = openScreen(terminal);
  screen.draw(['one', 'two']);
  screen.draw(['three']);
  expect(terminal.written.at(-1)).toBe('\u001b[2A\r\u001b[0Jthree\n');
  screen.close();
});

test('a line that stays is put above the live ones', () => {
  const terminal = output({ isTTY: true });
  const screen = openScreen(terminal);
  screen.draw(['live']);
  screen.print('kept');
  expect(terminal.written.at(-1)).toBe('\u001b[1A\r\u001b[0Jkept\nlive\n');
  screen.close();
});

test('closing takes the live lines away and gives the cursor back, once', () => {
  const terminal = output({ isTTY: true });
  const screen = openScreen(terminal);
  screen.draw(['live']);
  terminal.written.length = 0;
  screen.close();
  screen.close();
  expect(terminal.written).toEqual(['\u001b[1A\r\u001b[0J', '\u001b[?25h']);
});

test('a live line is cut one column short of the terminal', () => {
  const terminal = output({ isTTY: true, columns: 10 });
  const screen = openScreen(terminal);
  screen.draw(['0123456789']);
  expect(terminal.written.at(-1)).toBe('01234567…\n');
  screen.close();
});

test.each([
  ['plain', 5],
  ['射箭', 4],
  ['🏹!', 3],
  ['é', 1],
  ['\u001b[32mgreen\u001b[39m', 5],
])('%j takes %i cells', (text, cells) => {
  expect(cellWidth(text)).toBe(cells);
});

test('cutting keeps colour codes, so that nothing after them is coloured', () => {
  expect(cutCells('\u001b[32mlong text\u001b[39m', 5)).toBe('\u001b[32mlong…\u001b[39m');
});

test('a wide character that would be cut in half is left out', () => {
  expect(cutCells('射箭射箭', 6)).toBe('射箭…');
  expect(cellWidth(fitCells('射箭射箭', 6))).toBe(6);
});
