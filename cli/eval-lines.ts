// The figures of `verbcast eval` → lines for people.

import type { Accuracy } from '../evaluation/accuracy.ts';
import type { FewShotResult } from '../evaluation/few-shot.ts';
import type { EvalReport, ReelReport } from '../evaluation/report.ts';
import type { EventScores } from '../models/event-metrics.ts';
import type { Ink } from './ink.ts';

const CONFUSIONS_SHOWN = 5;
const NAME_CELLS = 46;

/** Returns the report as lines; nothing in them comes from a file without its control characters taken out. */
export function reportLines(report: EvalReport, ink: Ink): string[] {
  const { n, labels, dataset, form, sampleFps, strategy, byPooling, byPrompts, centreFrame } = report;
  const { prompts, pooling } = strategy;
  const mark = (name: string, isDefault: boolean) => (isDefault ? `${name} (default)` : name);
  return [
    '',
    ink.bold(`${n} clips, ${labels} labels, ${sampleFps} frames/s`),
    ink.dim(`${clean(dataset)} (${form})`),
    '',
    row('', 'top-1', 'top-5', 'class mean'),
    ink.bold(accuracyRow(`${prompts} prompts, ${pooling} pooling`, report)),
    '',
    ...Object.entries(byPrompts).map(([name, figures]) =>
      accuracyRow(mark(`prompts: ${clean(name)}`, name === prompts), figures),
    ),
    ...Object.entries(byPooling).map(([name, figures]) =>
      accuracyRow(mark(`pooling: ${name}`, name === pooling), figures),
    ),
    accuracyRow('the frame in the middle alone', centreFrame),
    ...confusionLines(report, ink),
    ...rejectionLines(report),
    ...fewShotLines(report.fewShot),
    ...(report.reels ? reelLines(report.reels) : []),
    ...stillLines(report),
    ...troubleLines(report, ink),
  ];
}

function accuracyRow(name: string, { top1, top5, meanClassAccuracy }: Accuracy): string {
  return row(name, percent(top1), percent(top5), percent(meanClassAccuracy));
}

function confusionLines({ confusions }: EvalReport, ink: Ink): string[] {
  if (confusions.length === 0) return [];
  const worst = confusions.slice(0, CONFUSIONS_SHOWN);
  return [
    '',
    'taken for another label',
    ...worst.map(({ label, takenFor, count }) =>
      ink.dim(`  ${count} × ${clean(label)} → ${clean(takenFor)}`),
    ),
  ];
}

function rejectionLines({ rejection }: EvalReport): string[] {
  if (!rejection) return [];
  const { auroc, ece, temperature } = rejection;
  return [
    '',
    row('telling footage of no label', 'AUROC', 'ECE', ''),
    row('without background prompts', auroc.withoutBackground.toFixed(3), '', ''),
    row('with background prompts', auroc.withBackground.toFixed(3), percent(ece.before), ''),
    row(`and temperature ${temperature.toFixed(2)}`, auroc.calibrated.toFixed(3), percent(ece.after), ''),
  ];
}

function fewShotLines(results: readonly FewShotResult[]): string[] {
  if (results.length === 0) return [];
  return [
    '',
    row('examples per label, top-1', 'words', 'both', 'examples'),
    ...results.map(({ k, unit, labels, words, wordsAndExamples, examplesAlone }) =>
      row(
        `${k}, ${unit === 'clips' ? 'other clips' : 'parts of the same clip'}, ${labels} labels`,
        percent(words),
        percent(wordsAndExamples),
        percent(examplesAlone),
      ),
    ),
  ];
}

function reelLines({ reels, clipsPerReel, secondsPerReel, ways }: ReelReport): string[] {
  return [
    '',
    `${reels} reels of ${clipsPerReel} clips, ${secondsPerReel.toFixed(0)} s each`,
    row('', 'F1 at IoU ½', 'delay', 'false/min'),
    ...Object.entries(ways).map(([name, scores]) => eventRow(name, scores)),
  ];
}

function eventRow(name: string, { f1, meanDelaySeconds, falsePerMinute }: EventScores): string {
  const delay = meanDelaySeconds === undefined ? '-' : `${meanDelaySeconds.toFixed(2)} s`;
  return row(name, f1.toFixed(3), delay, falsePerMinute.toFixed(2));
}

function stillLines({ stillScenes }: EvalReport): string[] {
  if (!stillScenes) return [];
  const { threshold, reused, sameTop1, sameClipTop1, maxScoreChange } = stillScenes;
  return [
    '',
    `unchanged frames (luma difference up to ${threshold}) take the embedding before them`,
    row('  frames reused', percent(reused), '', ''),
    row('  frames whose best label stays', percent(sameTop1), '', ''),
    row('  clips whose best label stays', percent(sameClipTop1), '', ''),
    row('  largest change of a score', maxScoreChange.toFixed(3), '', ''),
  ];
}

function troubleLines({ unreadable }: EvalReport, ink: Ink): string[] {
  if (unreadable.length === 0) return [];
  return [
    '',
    ink.yellow(`${unreadable.length} clips are not, or not wholly, readable`),
    ...unreadable.map(({ file, code, used }) =>
      ink.yellow(`  ${clean(file)}: ${code}${used ? ' (used as far as it goes)' : ''}`),
    ),
  ];
}

function row(name: string, ...cells: readonly string[]): string {
  return `${name.padEnd(NAME_CELLS)}${cells.map((cell) => cell.padStart(12)).join('')}`.trimEnd();
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function clean(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}
