// What a worker counts.
import type { Counter, Histogram, Metrics } from '../runtime/metrics.ts';

export interface WorkerMetrics {
  readonly windows: Counter;
  readonly framesEmbedded: Counter;
  readonly windowsLost: Counter;
  readonly inferenceSeconds: Histogram;
  readonly batchFrames: Histogram;
  readonly commits: Counter;
  readonly windowAgeSeconds: Histogram;
}

/** Returns the metrics of a worker, registered in `metrics`. */
export function createWorkerMetrics(metrics: Metrics): WorkerMetrics {
  return {
    windows: metrics.counter('verbcast_windows_processed_total', 'Windows taken off the queue and finished.'),
    framesEmbedded: metrics.counter('verbcast_frames_embedded_total', 'Frames that went through the model.'),
    windowsLost: metrics.counter(
      'verbcast_windows_lost_total',
      'Windows given up because their job failed for good.',
    ),
    inferenceSeconds: metrics.histogram(
      'verbcast_inference_seconds',
      'Time of one batch in the inference thread.',
      {
        buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      },
    ),
    batchFrames: metrics.histogram('verbcast_batch_frames', 'Frames in one batch.', {
      buckets: [1, 2, 4, 8, 16, 32, 64],
    }),
    commits: metrics.counter('verbcast_timeline_commits_total', 'Commits that moved a timeline.'),
    windowAgeSeconds: metrics.histogram(
      'verbcast_window_age_seconds',
      'Time from the publication of a window to its labels.',
      { buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] },
    ),
  };
}
