// HLS playlists: every address in them leads through the relay, or the playlist is refused (RFC 8216).
import { PipelineError } from '../runtime/errors.ts';

/** A playlist of a day of 2 s segments has 2 MB. */
export const PLAYLIST_MAX_BYTES = 4 * 1_024 * 1_024;
/** ffmpeg looks into every variant before it begins; a list of thousands would make it, and this machine, knock everywhere. */
const VARIANTS_MAX = 64;
const BEGINNING = '#EXTM3U';

/** Returns whether `head`, the first bytes of something, begins a playlist. */
export function isPlaylist(head: Buffer): boolean {
  return head.toString('latin1', 0, BEGINNING.length) === BEGINNING;
}

/** Returns whether no segment will ever be added to the playlist. */
export function isFinishedPlaylist(text: string): boolean {
  return /^#EXT-X-ENDLIST\s*$/m.test(text);
}

/**
 * Returns the playlist with every address replaced by what `through` makes of it, an absolute http or https URL.
 * @throws E_SOURCE_FORBIDDEN when an address is anything else (a file, another protocol), or is written so that programs
 * might read it differently; E_SOURCE_LIMIT when it names more than 64 variants.
 */
export function rewritePlaylist(text: string, base: URL, through: (url: URL) => string): string {
  if ((text.match(/^\s*#EXT-X-(STREAM-INF|MEDIA):/gm)?.length ?? 0) > VARIANTS_MAX) {
    throw new PipelineError('E_SOURCE_LIMIT', `The playlist names more than ${VARIANTS_MAX} variants.`);
  }
  const replace = (address: string) => {
    if (/["\\\s\p{Cc}]/u.test(address) || !URL.canParse(address, base.href)) throw forbidden();
    const url = new URL(address, base);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw forbidden();
    return through(url);
  };
  const lines = text.split(/\r\n|\n|\r/).map((line) => {
    const bare = line.trim();
    if (bare === '') return '';
    if (!bare.startsWith('#')) return replace(bare);
    if (!bare.startsWith('#EXT')) return '';
    const rewritten = bare.replace(/URI="([^"]*)"/gi, (_, address: string) => `URI="${replace(address)}"`);
    // Without quotes, or with something behind them: not every program reads it as this one does.
    if (/URI\s*=\s*[^"\s]|URI="[^"]*"[^,]/i.test(bare)) throw forbidden();
    return rewritten;
  });
  return lines.join('\n');
}

function forbidden(): PipelineError {
  return new PipelineError(
    'E_SOURCE_FORBIDDEN',
    'The playlist names something that is not http:// or https://, such as a file; it is not opened.',
  );
}
