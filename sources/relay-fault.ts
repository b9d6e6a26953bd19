// The first thing that went wrong in a relay.
import { type ErrorCode, PipelineError, toPipelineError } from '../runtime/errors.ts';

export interface RelayFault {
  readonly error: PipelineError | undefined;
  readonly signal: AbortSignal;
  /** Notes `error`, if it is the first. */
  set(error: unknown): void;
}

/** Returns a fault that has not happened. */
export function createRelayFault(): RelayFault {
  const controller = new AbortController();
  let first: PipelineError | undefined;
  return {
    get error() {
      return first;
    },
    signal: controller.signal,
    set(error) {
      if (first) return;
      first = toPipelineError(error, 'E_SOURCE_UNREACHABLE');
      controller.abort(first);
    },
  };
}

/** Returns what a status of HTTP or RTSP, 400 or more, means for a stream. */
export function statusFault(status: number, reason: string): PipelineError {
  const [code, what] = meaningOf(status);
  const shown = reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
  return new PipelineError(code, `${what} (${`${status} ${shown}`.trim()}).`);
}

function meaningOf(status: number): [ErrorCode, string] {
  if (status === 401 || status === 403)
    return ['E_SOURCE_UNAUTHORIZED', 'The source refuses the credentials'];
  if (status === 404 || status === 410)
    return ['E_SOURCE_NOT_FOUND', 'The source has nothing under this path'];
  if (status === 461) return ['E_SOURCE_UNREADABLE', 'The camera does not send RTP over TCP'];
  if (status === 408 || status === 429 || status === 453 || status >= 500)
    return ['E_SOURCE_UNREACHABLE', 'The source cannot answer now'];
  return ['E_SOURCE_UNREADABLE', 'The source refuses the request'];
}
