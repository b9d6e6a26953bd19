// The figures of `verbcast eval` → one page that stands by itself: no script, nothing loaded from anywhere.
import type { EvalReport } from './report.ts';
import { type Bar, barChart, escapeXml } from './report-chart.ts';

const STYLE = `
:root{color-scheme:light dark;--ink:#1c1c1e;--dim:#6b6b70;--line:#d8d8dc;--main:#2b6cb0;--other:#9db8d2;--page:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#ececf0;--dim:#9a9aa2;--line:#3a3a3f;--main:#63a4e8;--other:#3f5f7f;--page:#161618}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:54rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2.2rem}
p.dim,td.dim{color:var(--dim)}
svg{max-width:100%;height:auto;font:13px system-ui,sans-serif}svg text{fill:var(--ink)}svg .name{text-anchor:end}
svg .main{fill:var(--main)}svg .other{fill:var(--other)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}`;

/** Returns the report as HTML. */
export function reportPage(report: EvalReport): string {
  const { model, provider, n, top1, top5, meanClassAccuracy, labels, dataset, form, sampleFps } = report;
  const title = `${model} on ${n} clips`;
  const facts = `${dataset} (${form}), ${labels} labels, ${sampleFps} frames/s, ${provider}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeXml(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeXml(title)}</h1><p class="dim">${escapeXml(facts)}</p>`,
    `<p>Top-1 <b>${percent(top1)}</b>, top-5 <b>${percent(top5)}</b>, mean over classes <b>${percent(meanClassAccuracy)}</b>.</p>`,
    ...accuracyParts(report),
    ...rejectionParts(report),
    ...fewShotParts(report),
    ...reelParts(report),
    ...stillParts(report),
    ...listParts(report),
    '</body></html>\n',
  ].join('\n');
}

function accuracyParts({ byPooling, byPrompts, centreFrame, strategy }: EvalReport): string[] {
  const bars: Bar[] = [
    ...Object.entries(byPrompts).map(([name, { top1 }]) => ({
      name: `prompts: ${name}`,
      value: top1,
      isMain: name === strategy.prompts,
    })),
    ...Object.entries(byPooling).map(([name, { top1 }]) => ({
      name: `pooling: ${name}`,
      value: top1,
      isMain: name === strategy.pooling,
    })),
    { name: 'the frame in the middle alone', value: centreFrame.top1 },
  ];
  return ['<h2>Top-1 by prompts and pooling</h2>', barChart(bars, 'Top-1 by prompts and pooling')];
}

function rejectionParts({ rejection }: EvalReport): string[] {
  if (!rejection) return [];
  const { auroc, ece, temperature, draws } = rejection;
  const bars = [
    {
      name: 'without background prompts',
      value: auroc.withoutBackground,
      text: auroc.withoutBackground.toFixed(3),
    },
    { name: 'with background prompts', value: auroc.withBackground, text: auroc.withBackground.toFixed(3) },
    {
      name: 'with a fitted temperature',
      value: auroc.calibrated,
      text: auroc.calibrated.toFixed(3),
      isMain: true,
    },
  ];
  return [
    '<h2>Telling footage of no label: area under the ROC curve</h2>',
    barChart(bars, 'AUROC of rejection'),
    `<p class="dim">Half of the labels is the set, ${draws} random draws. Expected calibration error ${percent(ece.before)}, with a temperature of ${temperature.toFixed(2)} ${percent(ece.after)}.</p>`,
  ];
}

function fewShotParts({ fewShot }: EvalReport): string[] {
  if (fewShot.length === 0) return [];
  return [
    '<h2>Labels by example: top-1</h2>',
    table(
      ['examples', 'tests', 'labels', 'words', 'words and examples', 'examples alone'],
      fewShot.map((result) => [
        `${result.k} ${result.unit === 'clips' ? 'other clips' : 'parts of the same clip'}`,
        String(result.tests),
        String(result.labels),
        percent(result.words),
        percent(result.wordsAndExamples),
        percent(result.examplesAlone),
      ]),
    ),
    '<p class="dim">Parts of the same clip show the same people in the same place: such figures flatter.</p>',
  ];
}

function reelParts({ reels }: EvalReport): string[] {
  if (!reels) return [];
  const rows = Object.entries(reels.ways).map(([name, way]) => [
    name,
    way.f1.toFixed(3),
    way.precision.toFixed(3),
    way.recall.toFixed(3),
    way.meanDelaySeconds === undefined ? '-' : `${way.meanDelaySeconds.toFixed(2)} s`,
    way.falsePerMinute.toFixed(2),
  ]);
  return [
    `<h2>Actions on ${reels.reels} reels of ${reels.clipsPerReel} clips</h2>`,
    table(['', 'F1 at IoU ½', 'precision', 'recall', 'mean delay', 'false per minute'], rows),
  ];
}

function stillParts({ stillScenes }: EvalReport): string[] {
  if (!stillScenes) return [];
  const { threshold, reused, sameTop1, sameClipTop1, maxScoreChange } = stillScenes;
  return [
    '<h2>Unchanged frames</h2>',
    `<p>With a luma difference of up to ${threshold}, ${percent(reused)} of the frames take the embedding before them; the best label stays for ${percent(sameTop1)} of the frames and ${percent(sameClipTop1)} of the clips; no score moves by more than ${maxScoreChange.toFixed(3)}.</p>`,
  ];
}

function listParts({ confusions, perClass, clips, unreadable }: EvalReport): string[] {
  const confused = confusions.map(({ label, takenFor, count, share }) => [
    label,
    takenFor,
    String(count),
    percent(share),
  ]);
  const classes = perClass.map(({ label, n, top1, top5 }) => [
    label,
    String(n),
    percent(top1),
    percent(top5),
  ]);
  const results = clips.map(({ file, label, predicted, rank }) => [file, label, predicted, String(rank)]);
  return [
    ...(confused.length === 0
      ? []
      : [
          '<h2>Taken for another label</h2>',
          table(['label', 'taken for', 'clips', 'of its clips'], confused),
        ]),
    '<h2>Per label</h2>',
    table(['label', 'clips', 'top-1', 'top-5'], classes),
    '<h2>Per clip</h2>',
    table(['clip', 'label', 'best answer', 'rank of the label'], results),
    ...(unreadable.length === 0
      ? []
      : [
          '<h2>Not, or not wholly, readable</h2>',
          table(
            ['clip', 'code', 'what'],
            unreadable.map(({ file, code, message }) => [file, code, message]),
          ),
        ]),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumber = (text: string | undefined) => /^[\d.]+( %| s)?$/.test(text ?? '');
  const numeric = head.map((_, i) => rows.length > 0 && rows.every((row) => isNumber(row[i])));
  const cell = (tag: string, text: string, i: number) =>
    `<${tag}${numeric[i] ? ' class="n"' : ''}>${escapeXml(text)}</${tag}>`;
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((text, i) => cell(tag, text, i)).join('')}</tr>`;
  return `<table>${line('th', head)}${rows.map((row) => line('td', row)).join('')}</table>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
