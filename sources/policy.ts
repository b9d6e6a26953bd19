// What a client may have read: the one gate for sources, passed at submission and again before decoding.
import { PipelineError } from '../runtime/errors.ts';
import {
  type DeviceSource,
  type FileSource,
  resolveDevice,
  resolveFile,
  resolveUpload,
} from './file-policy.ts';
import { type LookUp, parseNetworks, resolveHost } from './network-policy.ts';

/** What the operator allows. */
export interface SourcePolicy {
  /** Directories that a `path` may name (MEDIA_DIRS). */
  readonly mediaDirs: readonly string[];
  /** Video devices that a `path` may name, exactly (SOURCE_DEVICES). */
  readonly devices?: readonly string[];
  /** CIDRs that a `url` may reach beside the public internet (SOURCE_NETWORKS). */
  readonly sourceNetworks: readonly string[];
  /** DATA_DIR, which holds uploads; without it an `upload` is never found. */
  readonly dataDir?: string;
  /** How names are resolved; the system's resolver otherwise. */
  readonly lookUp?: LookUp;
}

/** The outcome for a source that is a URL. It holds credentials: never log `url`, log `describeSource` of it. */
export interface UrlSource {
  readonly kind: 'url';
  /** Written anew from its parsed parts, so that every program after this one reads the same host in it. */
  readonly url: string;
  readonly scheme: UrlScheme;
  /** A name, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  /** What the URL says before the `@`, decoded. */
  readonly credentials: { readonly user: string; readonly password: string } | null;
  /** `live` for RTSP, playlists and MJPEG; `file` for other HTTP. */
  readonly mode: 'file' | 'live';
  /** The addresses that were checked. */
  readonly addresses: readonly string[];
}

export type ResolvedSource = FileSource | DeviceSource | UrlSource;

const SCHEMES = ['rtsp', 'rtsps', 'http', 'https'] as const;
export type UrlScheme = (typeof SCHEMES)[number];

/**
 * Returns what `source` stands for when the policy allows it. Names are resolved here, so a later caller asks again.
 * @throws E_SOURCE_FORBIDDEN, E_SOURCE_NOT_FOUND, E_SOURCE_NOT_A_FILE, E_SOURCE_EMPTY, E_SOURCE_UNREACHABLE (a name that
 * does not resolve), E_UPLOAD_NOT_FOUND
 */
export async function resolveSource(
  source: { path: string } | { url: string } | { upload: string },
  policy: SourcePolicy,
): Promise<ResolvedSource> {
  if ('path' in source) {
    const device = await resolveDevice(source.path, policy.devices ?? []);
    return device ?? resolveFile(source.path, policy.mediaDirs);
  }
  if ('url' in source) return resolveUrl(source.url, policy);
  if (policy.dataDir === undefined) {
    throw new PipelineError('E_UPLOAD_NOT_FOUND', 'This service keeps no uploads.');
  }
  return resolveUpload(source.upload, policy.dataDir);
}

async function resolveUrl(text: string, policy: SourcePolicy): Promise<UrlSource> {
  const { scheme, url, parsed, port } = parseSourceUrl(text);
  const { hostname: host, pathname, search } = parsed;
  const networks = parseNetworks(policy.sourceNetworks);
  const addresses = await resolveHost(host, {
    networks,
    ...(policy.lookUp === undefined ? {} : { lookUp: policy.lookUp }),
  });
  const mode = scheme.startsWith('rtsp') || /\.(m3u8|mjpe?g)$/i.test(pathname) ? 'live' : 'file';
  return {
    ...{ kind: 'url', url, scheme, mode, addresses, host },
    port: port === '' ? PORTS[scheme] : Number(port),
    path: pathname + search,
    credentials: credentialsOf(parsed),
  };
}

const PORTS: Record<UrlScheme, number> = { rtsp: 554, rtsps: 322, http: 80, https: 443 };

function credentialsOf({ username, password }: URL): UrlSource['credentials'] {
  if (username === '' && password === '') return null;
  return { user: decode(username), password: decode(password) };
}

/** A `%` that encodes nothing stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Parses with the rules of http for every scheme, so that `0x7f.1` is an address in an rtsp URL too. */
function parseSourceUrl(text: string): { scheme: UrlScheme; url: string; parsed: URL; port: string } {
  // Parsers disagree about these characters, and a disagreement is a way around the check of the host.
  if (/[\s\p{Cc}\\]/u.test(text)) throw malformed();
  const [, written = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/].*)$/i.exec(text) ?? [];
  if (written === '') throw malformed();
  const scheme = SCHEMES.find((known) => known === written.toLowerCase());
  if (scheme === undefined) {
    throw new PipelineError(
      'E_SOURCE_FORBIDDEN',
      `Expected a URL that begins with ${SCHEMES.map((known) => `${known}://`).join(', ')}.`,
    );
  }
  const parsed = parseOrNull(`http://${rest}`);
  // A port that is http's own is left out of the first; of the two one keeps it.
  const port = parsed?.port || parseOrNull(`ftp://${rest}`)?.port || '';
  if (parsed === null || parsed.hostname === '') throw malformed();
  const { username, password, hostname, pathname, search } = parsed;
  const user = username + (password === '' ? '' : `:${password}`);
  const authority = `${user === '' ? '' : `${user}@`}${hostname}${port === '' ? '' : `:${port}`}`;
  return { scheme, url: `${scheme}://${authority}${pathname}${search}`, parsed, port };
}

function parseOrNull(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function malformed(): PipelineError {
  return new PipelineError(
    'E_SOURCE_FORBIDDEN',
    'Expected a URL such as rtsp://user:password@host:554/path, with special characters percent-encoded.',
  );
}
