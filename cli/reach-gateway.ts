// A gateway to watch through: the one that was named, the one on this machine, or one for the time of the watch.
import { WebSocket } from 'ws';
import { type Client, createClient, VerbcastError } from '../client/client.ts';
import { loadGatewayConfig } from '../gateway/config.ts';
import type { Environment } from '../runtime/config.ts';
import type { AllServices } from './all-services.ts';
import { loadCliConfig, withFlags } from './config.ts';

const PROBE_TIMEOUT_MS = 2_000;

/** A gateway of the program's own, on loopback for the time of a watch, asks nobody for tokens. */
const NO_AUTHENTICATION = {
  AUTH_TOKENS_FILE: '',
  AUTH_JWT_SECRET_FILE: '',
  AUTH_JWT_SECRET: '',
  AUTH_JWKS_URL: '',
  AUTH_JWKS_FILE: '',
};

export interface ReachedGateway {
  readonly client: Client;
  readonly url: string;
  /** Whether it runs on this machine, so that it may read files where they lie. */
  readonly isLocal: boolean;
  /** The services that were started for this watch, if any; the caller closes them. */
  readonly own: AllServices | undefined;
}

/** Returns a client for the gateway at `url`, with VERBCAST_TOKEN where it is set. */
export function clientFor(url: string, env: Environment = {}): Client {
  return createClient({ url, WebSocket, token: loadCliConfig(env).VERBCAST_TOKEN });
}

/**
 * Returns the gateway at `url` when one is named, else the one that answers at this machine's default port, else one
 * started by {@link startOwnGateway}.
 */
export async function reachGateway({
  url,
  env,
  mediaDirectory,
}: {
  url: string | undefined;
  env: Environment;
  mediaDirectory: string | undefined;
}): Promise<ReachedGateway> {
  if (url !== undefined)
    return { client: clientFor(url, env), url, isLocal: isLoopback(url), own: undefined };
  const usual = `http://127.0.0.1:${loadGatewayConfig(env).GATEWAY_PORT}`;
  if (await answers(usual, env)) {
    return { client: clientFor(usual, env), url: usual, isLocal: true, own: undefined };
  }
  return startOwnGateway(env, mediaDirectory);
}

/** Starts all services on a free port of this machine, with a private Redis, allowed to read `mediaDirectory` too. */
export async function startOwnGateway(
  environment: Environment,
  mediaDirectory: string | undefined,
): Promise<ReachedGateway> {
  const { startAllServices } = await import('./all-services.ts');
  // A directory with `:` in its name cannot be listed in MEDIA_DIRS; its files go the way of uploads.
  const added = mediaDirectory === undefined || mediaDirectory.includes(':') ? [] : [mediaDirectory];
  const env = withFlags(environment, {
    ...NO_AUTHENTICATION,
    REDIS_URL: '',
    GATEWAY_HOST: '127.0.0.1',
    GATEWAY_PORT: 0,
    MEDIA_DIRS: [...loadGatewayConfig(environment).MEDIA_DIRS, ...added].join(':'),
  });
  // The services share the terminal with what is shown there: they speak up only when something is wrong.
  const level = environment.LOG_LEVEL ? loadCliConfig(environment).LOG_LEVEL : 'error';
  const own = await startAllServices(env, level);
  return { client: clientFor(own.url), url: own.url, isLocal: true, own };
}

/** Whether a Verbcast gateway answers at `url`; one that asks for a token does, too. */
async function answers(url: string, env: Environment): Promise<boolean> {
  try {
    await clientFor(url, env).models({ signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return true;
  } catch (error) {
    return error instanceof VerbcastError && error.code !== 'E_GATEWAY_UNREACHABLE';
  }
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname);
}
