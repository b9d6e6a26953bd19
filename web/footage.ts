// What a person gave as footage: a file of theirs, or the address of something the server can reach.
import type { Source } from '../protocol/stream.ts';

const SCHEME = /^(rtsp|rtsps|http|https):\/\/\S+$/i;

/** Returns the source that an address means: a URL by its scheme, a path on the server otherwise; null when it is empty. */
export function sourceOf(address: string): Source | null {
  const text = address.trim();
  if (text === '') return null;
  return SCHEME.test(text) ? { url: text } : { path: text };
}

/** Returns why an address cannot be meant, in words for the field, or null when it can. */
export function addressFault(address: string): string | null {
  const text = address.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme === undefined) return null;
  if (/^file$/i.test(scheme)) return 'Drop the file itself, or write its path on the server without file://.';
  if (!SCHEME.test(text)) return 'Expected rtsp://, rtsps://, http:// or https:// and no spaces.';
  return null;
}

/** Returns whether a file is named or typed like a video; only a hint, the server looks inside. */
export function looksLikeVideo(file: { name: string; type: string }): boolean {
  return (
    file.type.startsWith('video/') ||
    /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|ts|mts|m2ts|wmv|flv|ogv|gif|3gp)$/i.test(file.name)
  );
}
