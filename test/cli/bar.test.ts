import { expect, test } from 'vitest';
import { barOf, transferLine } from '../../cli/bar.ts';

test.each([
  [0, '', '░░░░'],
  [0.5, '██', '░░'],
  [1.7, '████', ''],
  [-1, '', '░░░░'],
])('a share of %d fills that part of a bar', (share, filled, empty) => {
  expect(barOf(share, 4)).toEqual({ filled, empty });
});

const transfer = { name: 'model.onnx', bytes: 151_500_000, totalBytes: 606_000_000 };

test('a transfer is shown with a bar where there is room for one', () => {
  expect(transferLine(transfer, 60)).toBe(`████████${'░'.repeat(24)}  152 of 606 MB  model.onnx`);
  expect(transferLine(transfer, 30)).toBe('152 of 606 MB  model.onnx');
});

test('a transfer whose size is not known has no bar', () => {
  expect(transferLine({ ...transfer, totalBytes: undefined }, 60)).toBe('152 MB  model.onnx');
});
