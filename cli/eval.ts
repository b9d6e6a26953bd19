// `verbcast eval`: what recognition is worth on a data set.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, pickEvenly, readDataset } from '../evaluation/dataset.ts';
import { embedClips } from '../evaluation/embedded-clips.ts';
import { buildReport, type EvalReport } from '../evaluation/report.ts';
import { reportPage } from '../evaluation/report-page.ts';
import { evaluateStillness } from '../evaluation/still-clips.ts';
import { loadIngestConfig } from '../ingest/config.ts';
import { StreamOptions } from '../protocol/stream.ts';
import type { Environment } from '../runtime/config.ts';
import { PipelineError } from '../runtime/errors.ts';
import { loadCliConfig, withFlags } from './config.ts';
import { showProgress } from './embed-progress.ts';
import { reportLines } from './eval-lines.ts';
import { evaluateReels } from './eval-reels.ts';
import { inkFor } from './ink.ts';
import { onInterrupt } from './interrupt.ts';
import { modelNotice } from './model-notice.ts';
import { openRecognition } from './recognition.ts';
import { openScreen, type Screen } from './screen.ts';

export interface EvalFlags {
  readonly model?: string;
  readonly fps?: number;
  readonly prompts?: string;
  readonly limit?: number;
  readonly videos?: string;
  readonly split?: number;
  /** Reels to make and judge; none where it is left out. */
  readonly reels?: number;
  /** Also decode again and measure what reusing embeddings of unchanged frames does. */
  readonly still?: boolean;
  readonly report?: string;
  readonly json?: boolean;
}

const EXIT_INTERRUPTED = 130;
const DEFAULT_PROMPTS = 'action';

/** Runs the command. Returns 0, or 130 after Ctrl-C; then what was embedded is kept, and the next run goes on from it. */
export async function evaluate(path: string, flags: EvalFlags, environment: Environment): Promise<number> {
  const env = withFlags(environment, { MODEL: flags.model });
  const stop = new AbortController();
  const interrupt = onInterrupt(() => stop.abort());
  // With --json standard output is the report and nothing else.
  const screen = openScreen(flags.json ? process.stderr : process.stdout);
  try {
    const dataset = await readDataset(path, { videos: flags.videos, split: flags.split });
    const report = await measure(dataset, { flags, env, screen, signal: stop.signal });
    screen.close();
    if (flags.report !== undefined) await writeReport(report, flags.report);
    if (flags.json) console.log(JSON.stringify(report));
    else {
      const ink = inkFor(process.stdout, loadCliConfig(env).NO_COLOR !== undefined);
      for (const line of reportLines(report, ink)) console.log(line);
      if (flags.report !== undefined) console.log(`\nThe report is in ${flags.report}.`);
    }
    return 0;
  } catch (error) {
    if (!interrupt.asked) throw error;
    screen.close();
    console.error('Stopped. What is done is kept: run the command again to go on from here.');
    return EXIT_INTERRUPTED;
  } finally {
    screen.close();
    interrupt.dispose();
  }
}

interface Run {
  readonly flags: EvalFlags;
  readonly env: Environment;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

async function measure(dataset: Dataset, { flags, env, screen, signal }: Run): Promise<EvalReport> {
  const { recogniser, cache, isStandIn } = await openRecognition(env);
  const sampleFps = flags.fps ?? StreamOptions.parse({}).sampleFps;
  const prompts = flags.prompts ?? DEFAULT_PROMPTS;
  try {
    if (!flags.json) {
      const { description, provider } = recogniser;
      for (const line of modelNotice({ model: description.id, provider, isStandIn })) screen.print(line);
    }
    const clips = pickEvenly(dataset.clips, flags.limit);
    const onProgress = flags.json && !screen.live ? undefined : showProgress(screen);
    const embedded = await embedClips(clips, {
      recogniser,
      cache,
      sampleFps,
      signal,
      ...(onProgress ? { onProgress } : {}),
    });
    if (embedded.clips.length === 0) {
      const [first] = embedded.troubles;
      throw new PipelineError(
        'E_DATASET_INVALID',
        `None of the ${clips.length} clips can be read. The first: ${first?.file}: ${first?.code} ${first?.message}`,
      );
    }
    const report = await buildReport({ dataset, embedded, recogniser, sampleFps, prompts });
    const say = (line: string) => (screen.live ? screen.draw([line]) : flags.json || screen.print(line));
    const more = { recogniser, sampleFps, prompts, signal, say };
    const { reels: count, still } = flags;
    return {
      ...report,
      ...(count === undefined ? {} : { reels: await evaluateReels(embedded.clips, { ...more, count }) }),
      ...(still
        ? {
            stillScenes: await evaluateStillness(embedded.clips, {
              ...more,
              labels: dataset.labels,
              threshold: loadIngestConfig(env).STILL_THRESHOLD,
            }),
          }
        : {}),
    };
  } finally {
    await recogniser.close();
  }
}

async function writeReport(report: EvalReport, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(directory, 'report.html'), reportPage(report));
}
