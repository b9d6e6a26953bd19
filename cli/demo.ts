// `verbcast demo`: everything on this machine for the time of one short reel, or of the user's own file.

import { loadIngestConfig } from '../ingest/config.ts';
import { findFfmpeg } from '../ingest/ffmpeg-path.ts';
import type { Environment } from '../runtime/config.ts';
import { loadCliConfig, withFlags } from './config.ts';
import { makeReel, REEL_DESCRIPTION, REEL_LABELS } from './demo-reel.ts';
import { modelNotice, PULL_REAL_CLIP } from './model-notice.ts';
import { startOwnGateway } from './reach-gateway.ts';
import { readSource } from './submission.ts';
import { requestOf, type WatchFlags, watchThrough } from './watch.ts';

/** How many times faster than it was filmed the reel is shown on a terminal: slow enough to follow, over in 11 s. */
const REEL_SPEED = 6;

/** Runs the demo on `own`, or on the reel. Returns the exit code of the watch. */
export async function demo(
  own: string | undefined,
  flags: Pick<WatchFlags, 'label' | 'threshold' | 'model'>,
  environment: Environment,
): Promise<number> {
  const env = withFlags(environment, { MODEL: flags.model });
  const label = own === undefined && flags.label.length === 0 ? REEL_LABELS : flags.label;
  const request = await requestOf({ ...flags, label });
  const source = await readSource(own ?? (await reelOf(env)));
  const gateway = await startOwnGateway(env, source.kind === 'file' ? source.directory : undefined);
  const services = gateway.own;
  try {
    const [running = '', ...more] = services ? modelNotice(services.workers) : [];
    const lines = [
      `Model:  ${running}`,
      ...more.map((line) => `        ${line}`),
      `Video:  ${own === undefined ? `a reel: ${REEL_DESCRIPTION}` : source.title}`,
      `Labels: ${label.join(' · ')}`,
    ];
    const isReel = own === undefined;
    if (isReel && process.stdout.isTTY) lines.push(`Shown at ${REEL_SPEED} times its speed; Ctrl-C ends it.`);
    console.log(`${lines.join('\n')}\n`);
    const speed = isReel ? { speed: REEL_SPEED } : {};
    const code = await watchThrough(gateway, { source, request, json: false, env, ...speed });
    if (code === 0) console.log(`\n${nextSteps(isReel, services?.workers.isStandIn ?? false).join('\n')}`);
    return code;
  } finally {
    await services?.close();
  }
}

async function reelOf(env: Environment): Promise<string> {
  return makeReel({
    dataDir: loadCliConfig(env).DATA_DIR,
    ffmpeg: await findFfmpeg(loadIngestConfig(env).FFMPEG_PATH),
    say: (line) => console.log(line),
  });
}

function nextSteps(isReel: boolean, isStandIn: boolean): string[] {
  const known = 'The stand-in knows the bikes, not the bird, the walkers or the throw.';
  const realClip = [
    'For real CLIP (606 MB once, MIT licence), and then this demo again:',
    `  ${PULL_REAL_CLIP}`,
  ];
  return [
    ...(isStandIn ? [...(isReel ? [known] : []), ...realClip] : []),
    'Your own video: npm run demo -- my.mp4 --label "playing guitar"',
    'As a service:   npm start, then http://127.0.0.1:8787',
  ];
}
