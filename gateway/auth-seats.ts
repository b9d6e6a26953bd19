// How many sockets one token may have open.
import { PipelineError } from '../runtime/errors.ts';

/** How many sockets each token has open. */
export interface SocketSeats {
  /** @throws E_TOO_MANY_REQUESTS */
  take(subject: string): void;
  release(subject: string): void;
}

/** Returns seats for `max` sockets per token. */
export function createSeats(max: number): SocketSeats {
  const taken = new Map<string, number>();
  return {
    take(subject) {
      const count = taken.get(subject) ?? 0;
      if (count >= max) {
        const message = `This token has ${max} sockets open already (SOCKETS_PER_TOKEN).`;
        throw new PipelineError('E_TOO_MANY_REQUESTS', message);
      }
      taken.set(subject, count + 1);
    },
    release(subject) {
      const count = (taken.get(subject) ?? 0) - 1;
      if (count > 0) taken.set(subject, count);
      else taken.delete(subject);
    },
  };
}
