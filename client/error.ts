// What a call of the client fails with.
import type { Problem } from '../protocol/rest.ts';

/**
 * A failure with a code of the error table (`docs/errors.md`): an HTTP problem, a WebSocket `error`, or a gateway that
 * cannot be reached (E_GATEWAY_UNREACHABLE, status 0).
 */
export class VerbcastError extends Error {
  override readonly name = 'VerbcastError';
  readonly code: string;
  /** HTTP status; 0 when the failure did not come as an HTTP answer. */
  readonly status: number;
  /** What was expected, what came, what to do. The same as `message`. */
  readonly detail: string;
  /** Whether the same request may succeed later. */
  readonly retry: boolean;
  /** Every wrong field, where the request was malformed. */
  readonly faults: readonly { field: string; message: string }[];

  constructor(
    failure: { code: string; detail: string; status?: number; retry?: boolean; faults?: Problem['faults'] },
    options?: ErrorOptions,
  ) {
    super(failure.detail, options);
    this.code = failure.code;
    this.detail = failure.detail;
    this.status = failure.status ?? 0;
    this.retry = failure.retry ?? false;
    this.faults = failure.faults ?? [];
  }
}

/** Returns the error for a gateway that did not answer. */
export function unreachable(url: string, cause?: unknown): VerbcastError {
  return new VerbcastError(
    {
      code: 'E_GATEWAY_UNREACHABLE',
      detail: `No Verbcast gateway answers at ${url}. Is \`verbcast up\` running there?`,
      retry: true,
    },
    { cause },
  );
}
