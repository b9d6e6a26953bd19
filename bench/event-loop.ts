// How long the worker's main thread keeps anyone waiting while its inference thread is busy.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { makeFootage } from './footage.ts';
import { runStream, startPipeline } from './pipeline.ts';

const NANOSECONDS_PER_MS = 1e6;

/** Event-loop delay of a process that runs every service at once, the hardest case, during one stream. */
export async function eventLoopBench(): Promise<Record<string, string>> {
  const footage = makeFootage({ seconds: 200 });
  const pipeline = await startPipeline({ MEDIA_DIRS: footage.directory });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  try {
    const input = { source: { path: footage.path }, labels: ['playing guitar'], options: { sampleFps: 10 } };
    await runStream(pipeline.client, input);
    delay.enable();
    await runStream(pipeline.client, input);
    delay.disable();
    const ms = (nanoseconds: number) => `${(nanoseconds / NANOSECONDS_PER_MS).toFixed(1)} ms`;
    return {
      'event-loop delay p50': ms(delay.percentile(50)),
      'event-loop delay p99': ms(delay.percentile(99)),
      'event-loop delay max': ms(delay.max),
    };
  } finally {
    await pipeline.close();
    footage.remove();
  }
}
