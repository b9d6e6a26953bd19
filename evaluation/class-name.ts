// The name of a class → words that a text tower knows.

/**
 * Returns a class name in words: `ApplyEyeMakeup` and `apply_eye_makeup` become `apply eye makeup`, `YoYo` `yo yo`. A name
 * that has spaces is words already and stays as it is.
 */
export function wordsOf(className: string): string {
  if (/\s/.test(className)) return className.trim();
  return className
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replaceAll(/[_-]+/g, ' ')
    .trim()
    .toLowerCase();
}
