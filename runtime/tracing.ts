// OpenTelemetry traces: one for each window, from sample to socket. Off, and not even loaded, without a collector.
import type * as Api from '@opentelemetry/api';
import { z } from 'zod';
import { PipelineError } from './errors.ts';
import type { Service } from './shutdown.ts';

/** Variables of a service that can be traced; the names are OpenTelemetry's. */
export const tracingConfig = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'OpenTelemetry collector that traces are sent to by OTLP over HTTP (http://127.0.0.1:4318). Unset: no traces.',
    ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of the windows that are traced, 0 to 1.'),
};

/** What a span tells beside its name and times. */
export type SpanFacts = Readonly<Record<string, string | number>>;

export interface Span {
  /** W3C traceparent, for the spans that follow; the parent's own where nothing is recorded. */
  readonly trace: string | undefined;
  /** Ends the span. One that is never ended is never told. */
  end(facts?: SpanFacts): void;
}

export interface Tracing extends Service {
  /** Starts a trace with its first span, which began at `from`, in epoch milliseconds. */
  begin(name: string, options: { from: number; facts: SpanFacts }): Span;
  /** Starts a child of `parent`, a W3C traceparent; without one nothing is recorded. */
  follow(name: string, parent: string | undefined, facts: SpanFacts): Span;
}

/** Tracing that is off: passes on what others have begun. */
export const NO_TRACING: Tracing = {
  begin: () => passOn(undefined),
  follow: (_, parent) => passOn(parent),
  close: async () => undefined,
};

function passOn(trace: string | undefined): Span {
  return { trace, end: () => undefined };
}

/** Retries of one batch included; then it is given up. */
const EXPORT_TIMEOUT_MS = 5_000;
const CLOSE_PATIENCE_MS = 1_000;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Returns the tracing of one service: {@link NO_TRACING} without an endpoint. `close` sends what is recorded.
 * @throws E_CONFIG when the optional packages of OpenTelemetry are not installed.
 */
export async function startTracing(
  config: { OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined; OTEL_TRACES_SAMPLER_ARG: number },
  service: string,
): Promise<Tracing> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: share } = config;
  if (endpoint === undefined) return NO_TRACING;
  const { api, sdk, otlp, resources } = await loadOpenTelemetry();
  const exporter = new otlp.OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': `verbcast-${service}` }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('verbcast');
  const toSpan = (span: Api.Span): Span => ({
    trace: traceparentOf(span.spanContext()),
    end(facts) {
      if (facts) span.setAttributes({ ...facts });
      span.end();
    },
  });
  return {
    begin: (name, { from, facts }) =>
      toSpan(tracer.startSpan(name, { startTime: from, attributes: { ...facts } }, api.ROOT_CONTEXT)),
    follow(name, parent, facts) {
      const context = contextOf(api, parent);
      return context ? toSpan(tracer.startSpan(name, { attributes: { ...facts } }, context)) : passOn(parent);
    },
    async close() {
      // A collector that is away is no reason to fail, or to wait for long.
      const patience = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_PATIENCE_MS).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), patience]);
    },
  };
}

async function loadOpenTelemetry() {
  try {
    const [api, sdk, otlp, resources] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
    return { api, sdk, otlp, resources };
  } catch (cause) {
    throw new PipelineError(
      'E_CONFIG',
      'OTEL_EXPORTER_OTLP_ENDPOINT is set, but the optional packages of OpenTelemetry are not installed: npm install --include=optional.',
      { cause },
    );
  }
}

function contextOf(api: typeof Api, parent: string | undefined): Api.Context | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(parent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  const traceFlags = Number.parseInt(flags ?? '0', 16);
  return api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function traceparentOf({ traceId, spanId, traceFlags }: Api.SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
