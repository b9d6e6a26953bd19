// The one table of error codes, and the one error class.

/** What a code means to BullMQ (try again?), to HTTP and to WebSocket. */
export interface ErrorTraits {
  readonly retryable: boolean;
  readonly httpStatus: number;
  readonly wsClose: number;
  readonly title: string;
}

const row = (httpStatus: number, title: string, more: Partial<ErrorTraits> = {}): ErrorTraits => ({
  retryable: false,
  wsClose: 1008,
  ...more,
  httpStatus,
  title,
});
const again = { retryable: true, wsClose: 1013 } as const;

export const ERRORS = {
  E_BAD_REQUEST: row(400, 'The request is malformed'),
  E_LABELS_INVALID: row(400, 'The labels are not usable'),
  E_BODY_TOO_LARGE: row(413, 'The body is too large', { wsClose: 1009 }),
  E_NOT_FOUND: row(404, 'There is nothing here'),
  E_STREAM_NOT_FOUND: row(404, 'No such stream'),
  E_STREAM_OVER: row(409, 'The stream is over'),
  E_STREAM_RUNNING: row(409, 'The stream is not over yet'),
  E_UPLOAD_NOT_FOUND: row(404, 'No such upload'),
  E_UPLOAD_STALLED: row(408, 'The upload came too slowly or stopped', again),
  E_UPLOAD_QUOTA: row(507, 'There is no room for the upload', again),
  E_IDEMPOTENCY_MISMATCH: row(422, 'The idempotency key was used for another request'),
  E_ORIGIN_FORBIDDEN: row(403, 'The page may not use this gateway'),
  E_TOO_MANY_REQUESTS: row(429, 'Too many requests', again),
  E_CAPACITY: row(503, 'There is no capacity for another stream', again),
  E_UNAUTHORIZED: row(401, 'A valid token is needed'),
  E_FORBIDDEN: row(403, 'The token does not allow this'),
  E_AUTH_UNAVAILABLE: row(503, 'Tokens cannot be checked now', again),

  E_SOURCE_NOT_FOUND: row(404, 'The source does not exist'),
  E_SOURCE_FORBIDDEN: row(403, 'The source is not allowed'),
  E_SOURCE_NOT_A_FILE: row(422, 'The source is not a file'),
  E_SOURCE_EMPTY: row(422, 'The source is empty'),
  E_SOURCE_UNREADABLE: row(422, 'The source is not a media file that ffmpeg can read'),
  E_SOURCE_NO_VIDEO: row(422, 'The source has no video'),
  E_SOURCE_UNAUTHORIZED: row(422, 'The source refuses the credentials'),
  E_SOURCE_LIMIT: row(422, 'The source takes more than is allowed'),
  E_SOURCE_UNREACHABLE: row(502, 'The source cannot be reached', again),
  E_DECODE_FAILED: row(422, 'ffmpeg failed'),
  E_DECODE_TRUNCATED: row(422, 'The source ends before its announced end'),
  E_FFMPEG_MISSING: row(500, 'ffmpeg is not installed'),

  E_MODEL_UNKNOWN: row(400, 'No such model'),
  E_MODEL_NOT_SERVED: row(503, 'No live worker serves the model', again),
  E_MODEL_FILES: row(500, "The model's files are missing or not usable"),
  E_MODEL_DOWNLOAD: row(502, 'The model could not be downloaded', again),
  E_MODEL_CHECKSUM: row(502, 'A downloaded file is not the expected one'),
  E_INFERENCE: row(500, 'The model failed on this input'),
  E_WINDOW_GONE: row(500, 'The frames of a window expired before a worker took them'),

  E_REDIS_UNAVAILABLE: row(503, 'Redis cannot be reached', again),
  E_REDIS_FULL: row(503, 'Redis is out of memory', again),
  E_DATASET_INVALID: row(422, 'The data set is not usable'),
  E_CONFIG: row(500, 'The configuration is wrong'),
  E_GATEWAY_UNREACHABLE: row(502, 'The gateway cannot be reached', again),
  E_SLOW_CLIENT: row(429, 'The client reads too slowly', { wsClose: 4008 }),
  E_SHUTTING_DOWN: row(503, 'The service is shutting down', { retryable: true, wsClose: 1012 }),
  E_INTERNAL: row(500, 'Something unexpected went wrong', { wsClose: 1011 }),
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code of the table. `facts` are added to logs; they and the message never hold credentials. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError';
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; facts?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
  }

  get traits(): ErrorTraits {
    return ERRORS[this.code];
  }
}

/** Returns `error` as a {@link PipelineError}; what is not one becomes `fallback` with the error as its cause. */
export function toPipelineError(error: unknown, fallback: ErrorCode = 'E_INTERNAL'): PipelineError {
  if (error instanceof PipelineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/^OOM /.test(message))
    return new PipelineError('E_REDIS_FULL', 'Redis is at its memory limit.', { cause: error });
  if (/ECONNREFUSED|Connection is closed|max retries per request|Command timed out/i.test(message)) {
    return new PipelineError('E_REDIS_UNAVAILABLE', 'Redis cannot be reached.', { cause: error });
  }
  return new PipelineError(fallback, message, { cause: error });
}
