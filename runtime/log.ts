// Structured logs, to standard error.
import { type Logger, pino } from 'pino';
import { PipelineError } from './errors.ts';

export type { Logger } from 'pino';
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

function serializeError(error: unknown): unknown {
  if (!(error instanceof PipelineError)) return pino.stdSerializers.err(error as Error);
  const { code, message, facts, cause } = error;
  return { code, message, ...facts, ...(cause instanceof Error ? { cause: cause.message } : {}) };
}

/** Returns the logger of one service. Lines are JSON on standard error, so that standard output stays the program's. */
export function createLog(service: string, level: (typeof LOG_LEVELS)[number] = 'info'): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: serializeError },
      redact: {
        paths: ['token', 'password', 'authorization', '*.authorization', '*.password', '*.token'],
        censor: '[redacted]',
      },
    },
    pino.destination({ dest: 2, sync: false }),
  );
}
