// `verbcast calibrate`: a few clips → a label set whose scores and thresholds mean something.
import { writeFile } from 'node:fs/promises';
import { type Calibration, calibrate, type LabelCalibration } from '../evaluation/calibrate.ts';
import { type LabelSetDraft, LabelSetInput, labelName, toLabelSet } from '../protocol/labels.ts';
import { StreamOptions } from '../protocol/stream.ts';
import type { Environment } from '../runtime/config.ts';
import { loadCliConfig, withFlags } from './config.ts';
import { type Ink, inkFor } from './ink.ts';
import { EXIT_INTERRUPTED, onInterrupt } from './interrupt.ts';
import { embedLabelClips, gatherClips, type LabelClipFlags } from './label-clips.ts';
import { openRecognition } from './recognition.ts';
import { openScreen } from './screen.ts';

export interface CalibrateFlags extends LabelClipFlags {
  /** Share of right ones among the actions that are told, 0..1. */
  readonly precision?: number;
  readonly prevalence?: number;
}

const WANTED_PRECISION = 0.9;
const NAME_CELLS = 34;

/** Runs the command: prints what was found, and writes the label set to the file of --output. */
export async function calibrateCommand(
  path: string | undefined,
  flags: CalibrateFlags,
  environment: Environment,
): Promise<number> {
  const env = withFlags(environment, { MODEL: flags.model });
  const stop = new AbortController();
  const interrupt = onInterrupt(() => stop.abort());
  const screen = openScreen(flags.json ? process.stderr : process.stdout);
  try {
    const { clips, set } = await gatherClips(path, flags);
    const recognition = await openRecognition(env);
    try {
      const embedded = await embedLabelClips(clips, { recognition, flags, screen, signal: stop.signal });
      const { recogniser } = recognition;
      const labelSet = toLabelSet(LabelSetInput.parse(set), 1);
      const names = labelSet.labels.map(({ name }) => name);
      const wantedPrecision = flags.precision ?? WANTED_PRECISION;
      const { scoring } = labelSet;
      const calibration = calibrate({
        clips: embedded.clips.map((clip) => ({ ...clip, label: names.indexOf(clip.label ?? '') })),
        vectors: await recogniser.vectorsFor(labelSet),
        scoring: { ...recogniser.description, ...(scoring === undefined ? {} : { scoring }) },
        poolSeconds: StreamOptions.parse({}).poolSeconds,
        minOnSeconds: labelSet.thresholds.minOnSeconds,
        wantedPrecision,
        prevalence: flags.prevalence,
      });
      const calibrated = withCalibration(set, calibration);
      const { id: model } = recogniser.description;
      if (flags.output !== undefined)
        await writeFile(flags.output, `${JSON.stringify(calibrated, null, 2)}\n`);
      if (flags.json)
        console.log(JSON.stringify({ model, wantedPrecision, ...calibration, labelSet: calibrated }));
      else {
        const ink = inkFor(process.stdout, loadCliConfig(env).NO_COLOR !== undefined);
        const facts = { model, clips: embedded.clips.length, wantedPrecision, output: flags.output };
        for (const line of calibrationLines(calibration, facts, ink)) console.log(line);
      }
      return 0;
    } finally {
      await recognition.recogniser.close();
    }
  } catch (error) {
    if (!interrupt.asked) throw error;
    return EXIT_INTERRUPTED;
  } finally {
    screen.close();
    interrupt.dispose();
  }
}

/** Returns the label set with the temperature, and with the thresholds that could be fitted; others stay as they were. */
export function withCalibration(set: LabelSetDraft, { temperature, labels }: Calibration): LabelSetDraft {
  const round = (value: number) => Math.round(value * 1e4) / 1e4;
  const fitted = new Map(labels.map(({ name, fitted }) => [name, fitted]));
  return {
    ...set,
    temperature: round(temperature),
    labels: set.labels.map((label) => {
      const found = fitted.get(labelName(label));
      if (!found) return label;
      const own = typeof label === 'string' ? { name: label } : label;
      return { ...own, threshold: round(found.threshold) };
    }),
  };
}

function calibrationLines(
  { temperature, labels, ece, auroc }: Calibration,
  facts: { model: string; clips: number; wantedPrecision: number; output: string | undefined },
  ink: Ink,
): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return [
    ink.bold(`${facts.clips} clips, ${facts.model}`),
    `temperature ${temperature.toFixed(2)}: ${temperature > 1 ? 'the scores promised too much' : 'the scores promised too little'}`,
    `expected calibration error ${percent(ece.before)} → ${percent(ece.after)} (clips judged without themselves)`,
    ...(auroc === null ? [] : [`AUROC of any label against footage of none: ${auroc.toFixed(3)}`]),
    '',
    `${'label'.padEnd(NAME_CELLS)} shown  not  AUROC  threshold  precision  recall`,
    ...labels.map((label) => labelLine(label, ink)),
    ...labels.flatMap(({ name, fitted }) =>
      fitted && !fitted.reached
        ? [
            ink.yellow(
              `A precision of ${percent(facts.wantedPrecision)} is out of reach for "${clean(name)}" with these clips; this threshold comes nearest.`,
            ),
          ]
        : [],
    ),
    '',
    facts.output === undefined
      ? 'Write it down with --output labels.json.'
      : `Label set written. Use it: npx verbcast watch … --labels-file ${facts.output}`,
  ];
}

function labelLine({ name, positives, negatives, auroc, fitted }: LabelCalibration, ink: Ink): string {
  const counts = `${String(positives).padStart(5)}${String(negatives).padStart(5)}`;
  const head = `${clean(name)
    .slice(0, NAME_CELLS - 1)
    .padEnd(NAME_CELLS)} ${counts}`;
  if (!fitted) return ink.dim(`${head}  too few clips of one kind`);
  const area = auroc === null ? '-' : auroc.toFixed(2);
  const { threshold, precision, recall } = fitted;
  return `${head}${area.padStart(7)}${threshold.toFixed(3).padStart(11)}${precision.toFixed(2).padStart(11)}${recall.toFixed(2).padStart(8)}`;
}

function clean(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}
