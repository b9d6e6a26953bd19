// `verbcast watch`: submit a video, show its labels live, and a timeline at the end.
import type { CreateStreamInput, StreamRecord } from '../protocol/stream.ts';
import type { Environment } from '../runtime/config.ts';
import { transferLine } from './bar.ts';
import { clock } from './clock.ts';
import { loadCliConfig, withFlags } from './config.ts';
import { failureLines } from './failure.ts';
import { inkFor } from './ink.ts';
import { EXIT_INTERRUPTED } from './interrupt.ts';
import { modelNotice } from './model-notice.ts';
import { type ReachedGateway, reachGateway } from './reach-gateway.ts';
import { openScreen } from './screen.ts';
import { readSource, submit, type WatchedSource } from './submission.ts';
import { gatherLabelSet } from './watch-labels.ts';
import { timelineLines } from './watch-lines.ts';
import { runSession } from './watch-session.ts';
import { type Show, showJson, showOnScreen } from './watch-show.ts';

export interface WatchFlags {
  readonly label: readonly string[];
  readonly labelsFile?: string;
  readonly threshold?: number;
  readonly fps?: number;
  readonly model?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/** An action ends below this share of the score at which it starts: the ratio of the API's defaults, 0.3 to 0.5. */
const OFF_SHARE = 0.6;

/** Runs the command. Returns 0 when the stream ended, 1 when it did not, 130 after Ctrl-C. */
export async function watch(text: string, flags: WatchFlags, environment: Environment): Promise<number> {
  const env = withFlags(environment, { MODEL: flags.model });
  const source = await readSource(text);
  const request = await requestOf(flags);
  const mediaDirectory = source.kind === 'file' ? source.directory : undefined;
  const gateway = await reachGateway({ url: flags.url, env, mediaDirectory });
  try {
    if (gateway.own && !flags.json) {
      for (const line of modelNotice(gateway.own.workers)) console.log(line);
    }
    return await watchThrough(gateway, { source, request, json: flags.json ?? false, env });
  } finally {
    await gateway.own?.close();
  }
}

/** Returns the body of the request that the flags ask for. @throws E_LABELS_INVALID */
export async function requestOf(flags: WatchFlags): Promise<Omit<CreateStreamInput, 'source'>> {
  const { threshold: on, fps, model } = flags;
  const set = await gatherLabelSet(flags.label, flags.labelsFile);
  return {
    ...set,
    ...(on === undefined ? {} : { thresholds: { ...set.thresholds, on, off: on * OFF_SHARE } }),
    options: { ...(fps === undefined ? {} : { sampleFps: fps }), ...(model === undefined ? {} : { model }) },
  };
}

export interface WatchJob {
  readonly source: WatchedSource;
  readonly request: Omit<CreateStreamInput, 'source'>;
  readonly json: boolean;
  readonly env: Environment;
  /** Media seconds shown per second on a terminal; as fast as labels come when it is left out. */
  readonly speed?: number;
}

/** Watches one source through `gateway` and returns the exit code. */
export async function watchThrough(gateway: ReachedGateway, job: WatchJob): Promise<number> {
  const { source, request, json, env, speed } = job;
  const output = process.stdout;
  const ink = inkFor(output, loadCliConfig(env).NO_COLOR !== undefined);
  const screen = openScreen(output);
  const { client, isLocal } = gateway;
  let show: Show | undefined;
  const startedAt = Date.now();
  const { record, wasInterrupted } = await runSession({
    client,
    start(signal) {
      const onUpload = (bytes: number, totalBytes: number) => {
        if (json) return;
        if (bytes === 0) screen.print(`uploading ${source.title}`);
        screen.draw([transferLine({ name: '', bytes, totalBytes }, screen.columns)]);
      };
      return submit(client, source, { request, isLocal, onUpload, signal });
    },
    open({ model }, durationSeconds, hurry) {
      const { title } = source;
      const pace = speed === undefined ? {} : { speed };
      show = json
        ? showJson(output)
        : showOnScreen({ screen, ink, title, model, durationSeconds, hurry, ...pace });
      return show;
    },
  }).finally(() => screen.close());
  if (show && !json) {
    screen.print('');
    for (const line of timelineLines(show.state, { columns: screen.columns, ink })) screen.print(line);
    if (record) screen.print(summary(record, (Date.now() - startedAt) / 1_000));
  }
  if (wasInterrupted) return EXIT_INTERRUPTED;
  return tellEnd(record);
}

function summary(
  { status, media, counters, createdAt, endedAt }: StreamRecord,
  elapsedSeconds: number,
): string {
  const took = endedAt === null ? elapsedSeconds : (Date.parse(endedAt) - Date.parse(createdAt)) / 1_000;
  const dropped = counters.dropped === 0 ? '' : `, ${counters.dropped} dropped`;
  return `${status}: ${clock(media)} of video, ${counters.sampled} frames looked at${dropped}, in ${took.toFixed(1)} s`;
}

/** Says on standard error why a stream did not end well, and returns the exit code. */
function tellEnd(record: StreamRecord | undefined): number {
  if (record?.status === 'ended') return 0;
  const { code = 'E_STREAM_OVER', message = `The stream was ${record?.status ?? 'lost'}.` } =
    record?.reason ?? {};
  console.error(failureLines({ code, message }).join('\n'));
  return 1;
}
