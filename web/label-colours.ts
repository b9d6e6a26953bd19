// One colour for a label, for as long as the page lives and after a reload.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** Every label of the stream that is shown, in order of appearance. */
export const LabelOrder = createContext<readonly string[]>([]);

/** Returns every label of the stream that is shown, in order of appearance: the place decides the colour. */
export function useLabelOrder(): readonly string[] {
  return useContext(LabelOrder);
}

/** Number of colours in the palette (`--label-0` … in colours.css). More labels use them again. */
export const PALETTE_SIZE = 10;

/** Returns the class that sets `--label` to the colour of `label`, which it has by its place among every label seen. */
export function colourClass(colours: readonly string[], label: string): string {
  const place = colours.indexOf(label);
  return place < 0 ? 'label-none' : `label-${place % PALETTE_SIZE}`;
}

/** Returns the colour itself, for canvases. */
export function colourOf(colours: readonly string[], label: string): string {
  const place = colours.indexOf(label);
  return cssColour(place < 0 ? '--ink-soft' : `--label-${place % PALETTE_SIZE}`);
}

/** Returns the value of a colour variable of the page's theme. */
export function cssColour(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}
