import { expect, test } from 'vitest';
import type { EvalReport } from '../../evaluation/report.ts';
import { barChart } from '../../evaluation/report-chart.ts';
import { reportPage } from '../../evaluation/report-page.ts';

const figures = { n: 2, top1: 0.5, top5: 1, meanClassAccuracy: 0.5 };
const report: EvalReport = {
  ...figures,
  dataset: '/data/<script>alert(1)</script>',
  form: 'manifest',
  labels: 2,
  model: 'pocket',
  provider: 'cpu',
  sampleFps: 2,
  strategy: { prompts: 'action', pooling: 'attention' },
  byPooling: { attention: figures },
  byPrompts: { action: figures },
  centreFrame: { ...figures, top1: 0 },
  perClass: [{ label: 'a & b', n: 2, top1: 0.5, top5: 1 }],
  confusions: [{ label: 'a & b', takenFor: 'c', count: 1, share: 0.5 }],
  clips: [{ file: '"q".mp4', label: 'a & b', predicted: 'c', rank: 2 }],
  rejection: null,
  fewShot: [],
  unreadable: [{ file: 'broken.mp4', code: 'E_SOURCE_UNREADABLE', message: 'no <media>', used: false }],
};

test('the page stands by itself: no script, nothing from elsewhere, names written out', () => {
  const page = reportPage(report);
  expect(page).not.toMatch(/<script|<link|https?:|src=/);
  expect(page).toContain('&lt;script&gt;');
  expect(page).toContain('a &amp; b');
  expect(page).toContain('&quot;q&quot;.mp4');
  expect(page).toContain('no &lt;media&gt;');
  expect(page).toContain('Top-1 <b>50.0 %</b>');
  expect(page.match(/<table>/g)).toHaveLength(4);
});

test('a bar is as long as its value, and stays inside', () => {
  const chart = barChart(
    [
      { name: 'half', value: 0.5 },
      { name: 'more than all', value: 1.2, text: '1.2', isMain: true },
    ],
    'bars',
  );
  expect(
    [...chart.matchAll(/class="(\w+)" x="\d+" y="\d+" width="(\d+)"/g)].map(([, name, width]) => [
      name,
      width,
    ]),
  ).toEqual([
    ['other', '190'],
    ['main', '380'],
  ]);
  expect(chart).toContain('50.0 %');
});
