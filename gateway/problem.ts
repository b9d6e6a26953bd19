// Anything thrown → `application/problem+json` with a code of the error table.
import type { Problem } from '../protocol/rest.ts';
import { ERRORS, type ErrorCode, PipelineError, toPipelineError } from '../runtime/errors.ts';
import { type Fault, InvalidInput, summarizeFaults, toFaults } from './validation.ts';

/** Fields of a label set: a body that is wrong only there has bad labels, not a bad shape. */
const LABEL_FIELDS = new Set(['labels', 'templates', 'background', 'thresholds']);

/** Returns the body of the answer to a request that failed with `error`. What is unexpected is not told to the client. */
export function toProblem(error: unknown): Problem {
  if (error instanceof InvalidInput) return validationProblem(error);
  const failure = fromFramework(error) ?? toPipelineError(error);
  if (failure.code === 'E_INTERNAL')
    return problem('E_INTERNAL', 'A defect of the gateway; its log has the cause.');
  return problem(failure.code, failure.message);
}

/** Returns the problem with this code, status and title as the table has them. */
export function problem(code: ErrorCode, detail: string, faults?: Fault[]): Problem {
  const { httpStatus, title, retryable } = ERRORS[code];
  return {
    type: `urn:verbcast:error:${code}`,
    title,
    status: httpStatus,
    code,
    detail,
    retry: retryable,
    ...(faults === undefined ? {} : { faults }),
  };
}

function validationProblem({ issues, validationContext }: InvalidInput): Problem {
  const faults = toFaults(issues);
  // An address that is no stream id is the address of no stream.
  if (validationContext === 'params') return problem('E_STREAM_NOT_FOUND', summarizeFaults(faults));
  const onlyLabels = faults.every(({ field }) => LABEL_FIELDS.has(field.split('.')[0] ?? ''));
  return problem(onlyLabels ? 'E_LABELS_INVALID' : 'E_BAD_REQUEST', summarizeFaults(faults), faults);
}

/** Errors of fastify and its plugins carry a status; below 500 they are the client's, and say what is wrong. */
function fromFramework(error: unknown): PipelineError | undefined {
  if (!(error instanceof Error) || error instanceof PipelineError || !('statusCode' in error))
    return undefined;
  const { statusCode, message } = error;
  if (statusCode === 413) return new PipelineError('E_BODY_TOO_LARGE', message);
  if (statusCode === 404) return new PipelineError('E_NOT_FOUND', message);
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new PipelineError('E_BAD_REQUEST', message);
  }
  return undefined;
}
