// The csv in the eyes of a parser of another make: Python's.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { exportActions } from '../../gateway/export.ts';

const READ =
  'import csv, json, sys; json.dump(list(csv.DictReader(sys.stdin.buffer.read().decode().splitlines(True))), sys.stdout)';

test("csv reads in Python's csv module as what it was", () => {
  const label = 'a "quick", odd\nlabel; naïve 🎸';
  const actions = [
    { id: 'ac_1', label: 'playing guitar', start: 1.5, end: 7, peak: 0.934 },
    { id: 'ac_2', label, start: 8, peak: 1 },
  ];
  const parsed = execFileSync('python3', ['-c', READ], {
    input: exportActions(actions, 'csv', 10),
    encoding: 'utf8',
  });
  expect(JSON.parse(parsed)).toEqual([
    { id: 'ac_1', label: 'playing guitar', start: '1.5', end: '7', peak: '0.934' },
    { id: 'ac_2', label, start: '8', end: '', peak: '1' },
  ]);
});
