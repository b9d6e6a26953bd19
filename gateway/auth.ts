// A token → who asks. What tokens there are is the operator's choice: a file of static ones, JWTs of an issuer, or none.
import { PipelineError, toPipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Service } from '../runtime/shutdown.ts';
import { type ProxyTrust, parseProxies } from './auth-address.ts';
import { createFailureLimit } from './auth-failures.ts';
import { ANYBODY, type Identity, TokenRefused } from './auth-identity.ts';
import { createJwtVerifier, type JwtVerifier } from './auth-jwt.ts';
import type { GatewayConfig } from './config.ts';
import { createThrottle } from './throttle.ts';
import { openTokensFile, type TokensFile } from './tokens-file.ts';

/** Longer ones are refused unread. */
export const TOKEN_MAX_CHARACTERS = 8_192;
/** Who has many addresses fills no disk with them; the metric counts all. */
const LOG_LINES_PER_SECOND = 10;

export interface Authenticator extends Service {
  /** Whether tokens are asked for at all; otherwise everybody is {@link ANYBODY}. */
  readonly isOn: boolean;
  /**
   * Returns who asks from `address` with `token`.
   * @throws E_UNAUTHORIZED without a token or with one that is not accepted, E_TOO_MANY_REQUESTS after too many of these
   * from this address, E_AUTH_UNAVAILABLE
   */
  authenticate(token: string | undefined, address: string): Promise<Identity>;
  readonly trustsProxy: ProxyTrust;
}

/** Authentication as it is where none is configured. */
export const OPEN_TO_ALL: Authenticator = {
  isOn: false,
  authenticate: async () => ANYBODY,
  trustsProxy: () => false,
  close: async () => undefined,
};

/** Returns the authentication that `config` describes. @throws E_CONFIG when it is not usable */
export function createAuthenticator(
  config: GatewayConfig,
  { log, metrics }: { log: Logger; metrics: Metrics },
): Authenticator {
  const trustsProxy = parseProxies(config.TRUSTED_PROXIES);
  const jwt = createJwtVerifier(config);
  const file = config.AUTH_TOKENS_FILE;
  const tokens = file === undefined ? undefined : openTokensFile(file, { log });
  if (!tokens && !jwt) return { ...OPEN_TO_ALL, trustsProxy };

  const failures = createFailureLimit();
  const logs = createThrottle(LOG_LINES_PER_SECOND);
  const refusals = metrics.counter('verbcast_tokens_refused_total', 'Tokens that were not accepted.', [
    'reason',
  ]);
  return {
    isOn: true,
    trustsProxy,
    async authenticate(token, address) {
      const wait = failures.waitSeconds(address);
      if (wait > 0) {
        const message = `Too many wrong tokens came from this address; try again in ${wait} s.`;
        throw new PipelineError('E_TOO_MANY_REQUESTS', message, { facts: { waitSeconds: wait } });
      }
      try {
        return await identify(token, { tokens, jwt });
      } catch (error) {
        if (!(error instanceof TokenRefused)) {
          if (logs.take()) log.warn({ err: toPipelineError(error) }, 'a token cannot be checked');
          throw error;
        }
        refusals.inc({ reason: error.reason });
        // Without a token nothing was tried, and an expired one was once good.
        if (error.reason !== 'missing' && error.reason !== 'expired') {
          failures.count(address);
          if (logs.take()) {
            log.warn({ address, reason: error.reason, cause: causeOf(error) }, 'a token was refused');
          }
        }
        throw error;
      }
    },
    close: async () => tokens?.close(),
  };
}

async function identify(
  token: string | undefined,
  { tokens, jwt }: { tokens: TokensFile | undefined; jwt: JwtVerifier | undefined },
): Promise<Identity> {
  if (token === undefined) throw new TokenRefused('missing', 'A token is needed here.');
  if (token.length > TOKEN_MAX_CHARACTERS)
    throw new TokenRefused('malformed', 'The token is not valid here.');
  const known = tokens?.find(token);
  if (known) return known;
  if (jwt && token.split('.').length === 3) return jwt.verify(token);
  throw new TokenRefused('unknown', 'The token is not valid here.');
}

/** What is wrong with it, in the words of the library, which do not quote the token. */
function causeOf({ cause }: TokenRefused): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}
