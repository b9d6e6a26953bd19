// `verbcast ask`: other words for what a stream has seen.
import type { PastScores } from '../protocol/ask.ts';
import type { Environment } from '../runtime/config.ts';
import { clock } from './clock.ts';
import { loadCliConfig } from './config.ts';
import { type Ink, inkFor } from './ink.ts';
import { reachGateway } from './reach-gateway.ts';
import { readLabelSet } from './watch-labels.ts';

export interface AskFlags {
  readonly labelsFile?: string;
  readonly url?: string;
  readonly json?: boolean;
}

const NAME_CELLS = 30;
const LANE_CELLS = 40;
const SHADES = [' ', '░', '▒', '▓', '█'] as const;

/** Runs the command. Returns 0, also where nothing was found. */
export async function ask(
  stream: string,
  words: readonly string[],
  flags: AskFlags,
  environment: Environment,
): Promise<number> {
  const { client, own } = await reachGateway({ url: flags.url, env: environment, mediaDirectory: undefined });
  try {
    const file = flags.labelsFile === undefined ? undefined : await readLabelSet(flags.labelsFile);
    const labels = file === undefined ? words : { ...file, labels: [...words, ...file.labels] };
    const past = await client.ask(stream, labels);
    if (flags.json) console.log(JSON.stringify(past));
    else {
      const ink = inkFor(process.stdout, loadCliConfig(environment).NO_COLOR !== undefined);
      for (const line of pastLines(past, ink)) console.log(line);
    }
    return 0;
  } finally {
    await own?.close();
  }
}

/** Returns a lane per label that shows when it was likely, its best moment, and the actions that were found. */
export function pastLines({ labels, times, scores, actions }: PastScores, ink: Ink): string[] {
  const [from = 0, to = from] = [times[0], times.at(-1)];
  if (times.length === 0) return ['Nothing of this stream is stored.'];
  return [
    ink.dim(`${times.length} frames, ${clock(from)} to ${clock(to)}; the best moment of each label`),
    ...labels.map((label, i) => {
      const own = scores[i] ?? [];
      const best = own.indexOf(Math.max(...own));
      const name = clean(label)
        .slice(0, NAME_CELLS - 1)
        .padEnd(NAME_CELLS);
      return `${name}${laneOf(own)}  ${(own[best] ?? 0).toFixed(2)} at ${clock(times[best] ?? 0)}`;
    }),
    '',
    ...(actions.length === 0
      ? ['No action held.']
      : actions.map(
          ({ label, start, end, peak }) =>
            `${clock(start)} – ${end === undefined ? 'now' : clock(end)}  ${clean(label)}  ${peak.toFixed(2)}`,
        )),
  ];
}

function laneOf(scores: readonly number[]): string {
  return Array.from({ length: LANE_CELLS }, (_, cell) => {
    const at = (part: number) => Math.floor((part * scores.length) / LANE_CELLS);
    const part = scores.slice(at(cell), Math.max(at(cell) + 1, at(cell + 1)));
    const shade = Math.round(Math.max(0, ...part) * (SHADES.length - 1));
    return SHADES[shade] ?? ' ';
  }).join('');
}

function clean(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}
