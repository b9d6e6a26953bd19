// `npm run bench [-- name …]`: measurements, each a ratio or a distribution from one run on this machine.
import { cpus, totalmem } from 'node:os';

const BENCHES: Record<string, () => Promise<Record<string, unknown>>> = {
  throughput: async () => (await import('./throughput.ts')).throughputBench(),
  'event-loop': async () => (await import('./event-loop.ts')).eventLoopBench(),
  sockets: async () => (await import('./sockets.ts')).socketsBench(),
  'still-scenes': async () => (await import('./still-scenes.ts')).stillScenesBench(),
  'ask-past': async () => (await import('./ask-past.ts')).askPastBench(),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`Expected some of ${Object.keys(BENCHES).join(', ')}, got ${unknown.join(', ')}.`);
  process.exit(2);
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
console.log(`${new Date().toISOString()}  ${machine}`);
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${name}`);
  for (const [what, value] of Object.entries(await bench())) console.log(`  ${what.padEnd(52)} ${value}`);
}
