// Colour for people, none for machines.
import { styleText } from 'node:util';
import type { Output } from './screen.ts';

/** Each function returns its text in one style, or unchanged where colour is not wanted. */
export interface Ink {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  red(text: string): string;
  cyan(text: string): string;
}

/** Returns the ink for `output`: colours on a terminal, unless `noColor` (the variable NO_COLOR is set). */
export function inkFor(output: Output, noColor: boolean): Ink {
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    output.isTTY === true && !noColor ? styleText(format, text) : text;
  return {
    bold: style('bold'),
    dim: style('dim'),
    green: style('green'),
    yellow: style('yellow'),
    red: style('red'),
    cyan: style('cyan'),
  };
}

/** Leaves every text as it is. */
export const PLAIN_INK: Ink = inkFor({ write: () => undefined }, true);
