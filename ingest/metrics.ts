// What an ingest counts.
import type { Counter, Gauge, Metrics } from '../runtime/metrics.ts';

export interface IngestMetrics {
  readonly framesSampled: Counter;
  readonly framesRepeated: Counter;
  readonly framesDropped: Counter;
  readonly ffmpegStarts: Counter;
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
    ffmpegStarts: metrics.counter('verbcast_ffmpeg_starts_total', 'Times ffmpeg was started.'),
    streamsRunning: metrics.gauge('verbcast_streams_running', 'Streams that this process holds.'),
  };
}
