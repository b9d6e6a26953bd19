// Who asks, and what they may do.
import { z } from 'zod';
import { PipelineError } from '../runtime/errors.ts';

/** `submit`: create, stop, relabel, upload. `subscribe`: read, watch, ask. `admin`: everything, of all owners, and purge. */
export const Scope = z.enum(['submit', 'subscribe', 'admin']);
export type Scope = z.infer<typeof Scope>;

export interface Identity {
  /** For logs and limits: `token:cameras`, `jwt:alice`. Never the token itself. */
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Written to the record of every stream that it creates. */
  readonly owner: string;
  /** Whether streams of other owners do not exist for it. */
  readonly ownOnly: boolean;
  /** Epoch milliseconds after which it is nobody any more; undefined for ever. */
  readonly expiresAtMs: number | undefined;
  /** Whether it was taken back since. */
  isRevoked(): boolean;
}

/** Everybody, where no authentication is configured: who reaches the gateway may do everything. */
export const ANYBODY: Identity = {
  subject: 'anybody',
  scopes: new Set(Scope.options),
  owner: '',
  ownOnly: false,
  expiresAtMs: undefined,
  isRevoked: () => false,
};

/** Returns whether `identity` has `scope`; `admin` has every one. */
export function hasScope({ scopes }: Identity, scope: Scope): boolean {
  return scopes.has(scope) || scopes.has('admin');
}

/** Checks that `identity` has `scope`. @throws E_FORBIDDEN naming the scope */
export function requireScope(identity: Identity, scope: Scope): void {
  if (hasScope(identity, scope)) return;
  throw new PipelineError('E_FORBIDDEN', `This needs a token with the scope \`${scope}\`.`);
}

/** Why a token is not accepted; a label of a metric, so a closed list. */
export type RefusalReason =
  | 'missing'
  | 'malformed'
  | 'unknown'
  | 'signature'
  | 'expired'
  | 'claims'
  | 'revoked';

/** A token that is not accepted. */
export class TokenRefused extends PipelineError {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, cause?: unknown) {
    super('E_UNAUTHORIZED', message, { cause });
    this.reason = reason;
  }
}
