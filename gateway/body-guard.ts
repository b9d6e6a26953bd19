// Request bodies that trickle in: given up, so that nobody can hold a connection for nothing.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PipelineError } from '../runtime/errors.ts';
import { problem } from './problem.ts';

/** What must come of a body in each period. */
const PERIOD_MIN_BYTES = 2 ** 16;

/** How long the rest of a refused body is discarded, so that the client gets to read why, before the connection is cut. */
const LINGER_MS = 5_000;

/**
 * Ends requests of whose body less than 64 KiB come in `periodMs`, with E_UPLOAD_STALLED. Of a body that is refused, the
 * rest is discarded for a moment: a connection cut at once would take the answer with it.
 */
export function guardBodies(app: FastifyInstance, periodMs: number): void {
  app.addHook('onRequest', async (request, reply) => {
    const { raw } = request;
    const { socket } = raw;
    if (raw.headers['content-length'] === undefined && raw.headers['transfer-encoding'] === undefined) return;
    let seen = socket.bytesRead;
    const timer = setInterval(() => {
      if (raw.complete) return clearInterval(timer);
      const came = socket.bytesRead - seen;
      seen += came;
      if (came >= PERIOD_MIN_BYTES) return;
      clearInterval(timer);
      giveUp(request, reply);
    }, periodMs);
    reply.raw.once('close', () => clearInterval(timer));
    reply.raw.once('finish', () => {
      if (raw.complete) return;
      raw.resume();
      setTimeout(() => raw.complete || socket.destroy(), LINGER_MS).unref();
    });
  });
  app.addHook('onSend', async (request, reply) => {
    // The framework closes the connection after a body that is too large; above it is closed when the client has read why.
    if (!request.raw.complete) reply.removeHeader('connection');
  });
}

function giveUp(request: FastifyRequest, reply: FastifyReply): void {
  const error = new PipelineError(
    'E_UPLOAD_STALLED',
    'Less than 64 KiB of the body came in the last period.',
  );
  const { raw } = reply;
  if (!raw.headersSent) {
    // Not by way of the reply: the route still waits for the body, and is told below that there is none.
    const body = JSON.stringify(problem(error.code, error.message));
    raw.writeHead(error.traits.httpStatus, {
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    });
    raw.end(body);
  }
  request.raw.destroy(error);
}
