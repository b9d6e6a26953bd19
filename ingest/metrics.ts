// What an ingest counts.
import type { Counter, Gauge, Metrics } from '../runtime/metrics.ts';

export interface IngestMetrics {
  readonly framesSampled: Counter;
  readonly framesRepeated: Counter;
  readonly framesDropped: Counter;
  readonly windowsDropped: Counter;
  readonly redisFull: Counter;
  readonly ffmpegStarts: Counter;
  readonly ffmpegRestarts: Counter;
  readonly streamsRunning: Gauge;
}

/** Returns the metrics of an ingest; those of one process share them. */
export function createIngestMetrics(metrics: Metrics): IngestMetrics {
  return {
    framesSampled: metrics.counter('verbcast_frames_sampled_total', 'Frames published to workers.'),
    framesRepeated: metrics.counter(
      'verbcast_frames_repeated_total',
      'Published frames without pixels of their own: they look like the one before.',
    ),
    framesDropped: metrics.counter('verbcast_frames_dropped_total', 'Frames of live streams given up.'),
    windowsDropped: metrics.counter(
      'verbcast_windows_dropped_total',
      'Windows of live streams given up; clients are told of each in a `gap`.',
    ),
    redisFull: metrics.counter(
      'verbcast_redis_full_total',
      'Times a window was not taken because Redis is at its memory limit.',
    ),
    ffmpegStarts: metrics.counter('verbcast_ffmpeg_starts_total', 'Times ffmpeg was started.'),
    ffmpegRestarts: metrics.counter(
      'verbcast_ffmpeg_restarts_total',
      'Times ffmpeg was started again for a stream: after an outage of its source, or by the ingest that took it over.',
    ),
    streamsRunning: metrics.gauge('verbcast_streams_running', 'Streams that this process holds.'),
  };
}
