// Labels as they are typed or pasted.

/** Longest label that the server takes. */
export const MAX_LABEL_LENGTH = 200;
/** Most labels that the server takes. */
export const MAX_LABELS = 256;

/** Returns the labels in a text: split at commas, semicolons and line ends, spaces tidied, list marks removed. */
export function splitLabels(text: string): string[] {
  return text
    .split(/[,;\n\r\t]+/)
    .map((part) =>
      part
        .replace(/^\s*(?:[-*•]|\d+[.)])\s+/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((part) => part !== '')
    .map((part) => part.slice(0, MAX_LABEL_LENGTH));
}

/** Returns `labels` with those of `more` that are new behind them, at most {@link MAX_LABELS}. */
export function addLabels(labels: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...labels, ...more])].slice(0, MAX_LABELS);
}
