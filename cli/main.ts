// The command line: every command with its flags. A command's code is loaded when it is run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { PACKAGE_ROOT } from '../runtime/package-root.ts';
import { isDebug, readEnvironment } from './config.ts';
import { reportFailure } from './failure.ts';

const EXIT_USAGE = 2;

/** Returns an action that runs `run` with what commander parsed, and keeps the exit code that it returns. */
function runs<A extends unknown[]>(run: (...parsed: A) => Promise<number>): (...parsed: A) => Promise<void> {
  return async (...parsed) => {
    process.exitCode = await run(...parsed);
  };
}

function asNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('Expected a number.');
  return number;
}

function asCount(text: string): number {
  const count = asNumber(text);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError('Expected a whole number from 1 on.');
  return count;
}

const collect = (value: string, before: readonly string[]) => [...before, value];
const labelFlag = () =>
  new Option('-l, --label <words>', 'an action in plain words; give it once per label')
    .default([])
    .argParser(collect);

function addServices(program: Command): void {
  program
    .command('up')
    .description('run everything on this machine; without REDIS_URL also a private Redis')
    .option('--port <port>', 'port of the gateway (GATEWAY_PORT, 8787; 0: any free one)')
    .option('--workers <count>', 'workers, each with a model session of its own (WORKERS, 1)')
    .option('--model <id>', 'model to serve (MODEL; see: verbcast models list)')
    .action(runs(async (options) => (await import('./up.ts')).up(options, readEnvironment())));
  for (const [service, what] of [
    ['ingest', 'decode streams into windows of frames'],
    ['worker', 'embed and score windows'],
    ['gateway', 'serve the API and the sockets'],
  ] as const) {
    const command = program.command(service).description(`run one service: ${what}; needs REDIS_URL`);
    if (service === 'gateway') command.option('--port <port>', 'port to listen on (GATEWAY_PORT)');
    if (service === 'worker') {
      command
        .option('--workers <count>', 'workers in this process (WORKERS)')
        .option('--model <id>', 'model to serve (MODEL)');
    }
    command.action(
      runs(async (options) =>
        (await import('./one-service.ts')).runService(service, options, readEnvironment()),
      ),
    );
  }
}

function addWatch(program: Command): void {
  program
    .command('watch')
    .description('label a video and show it live')
    .argument('<source>', 'a file, or an rtsp://, rtsps://, http:// or https:// URL')
    .addOption(labelFlag())
    .option(
      '--labels-file <file>',
      'labels, one a line, a JSON list of labels, or a JSON label set as the API takes it',
    )
    .option(
      '--threshold <score>',
      'score 0..1 at which an action starts (0.5); it ends below 0.6 of it',
      asNumber,
    )
    .option('--fps <rate>', 'frames per second of media that are looked at (2)', asNumber)
    .option('--model <id>', 'model to label with')
    .option('--url <url>', 'gateway to use; without it the one on this machine, or one just for this video')
    .option('--json', 'print one event a line as JSON, and nothing else')
    .action(
      runs(async (source, options) => (await import('./watch.ts')).watch(source, options, readEnvironment())),
    );
  program
    .command('demo')
    .description('label a short reel, or your own file')
    .argument('[source]', 'your own file or URL, with labels of your own')
    .addOption(labelFlag())
    .option('--threshold <score>', 'score 0..1 at which an action starts', asNumber)
    .option('--model <id>', 'model to label with')
    .action(
      runs(async (source, options) => (await import('./demo.ts')).demo(source, options, readEnvironment())),
    );
}

function addModels(program: Command): void {
  const models = program.command('models').description('list, download and check models');
  models
    .command('list')
    .description('every model that is known, and which are here')
    .action(runs(async () => (await import('./models.ts')).listCommand(readEnvironment())));
  models
    .command('pull')
    .description('download a model; its licence is shown first')
    .argument('<id>', 'see: verbcast models list')
    .addOption(
      new Option('--dtype <dtype>', 'precision').choices(['fp32', 'fp16', 'quantized']).default('fp32'),
    )
    .action(
      runs(async (id, options) => (await import('./models.ts')).pullCommand(id, options, readEnvironment())),
    );
  models
    .command('verify')
    .description('compare the files of a model with their checksums')
    .argument('[id]', 'all that are here otherwise')
    .action(runs(async (id) => (await import('./models.ts')).verifyCommand(id, readEnvironment())));
}

function addRecognition(program: Command): void {
  program
    .command('eval')
    .description('measure recognition on a data set')
    .argument(
      '<dataset>',
      'a folder of videos per class, a manifest (TSV), or split files of UCF101 or HMDB51',
    )
    .option('--model <id>', 'model to measure (MODEL; see: verbcast models list)')
    .option('--fps <rate>', 'frames per second of media that are looked at (2)', asNumber)
    .option('--prompts <set>', 'template set of the default strategy (action)')
    .option('--limit <count>', 'that many clips, spread over the data set', asCount)
    .option('--videos <directory>', 'where the videos of split files lie')
    .option('--split <number>', 'which split of a folder of split files (1)', asCount)
    .option(
      '--reels <count>',
      'also make that many reels of 12 clips, and measure when actions are told',
      asCount,
    )
    .option('--still', 'also measure what reusing the embeddings of unchanged frames does (STILL_THRESHOLD)')
    .option('--report <directory>', 'write report.json and report.html there')
    .option('--json', 'print one object as JSON, and nothing else')
    .action(
      runs(async (path, options) => (await import('./eval.ts')).evaluate(path, options, readEnvironment())),
    );
}

function addLabelling(program: Command): void {
  for (const [name, what] of [
    ['calibrate', 'fit a temperature and thresholds to a few clips; writes a label set'],
    ['examples', 'teach labels by clips that show them; writes a label set'],
  ] as const) {
    const command = program
      .command(name)
      .description(what)
      .argument('[dataset]', 'a folder of videos per label (_none: of no label), or a manifest (TSV)')
      .addOption(labelFlag())
      .option('--labels-file <file>', 'labels, one a line, a JSON list, or a JSON label set')
      .option('--yes <clips...>', 'clips that show the label; clip.mp4#t=3,8 means its seconds 3 to 8')
      .option('--no <clips...>', 'clips that show none')
      .option('-o, --output <file>', 'where the label set goes; for --labels-file, and for the API')
      .option('--model <id>', 'model to do it with (MODEL)')
      .option('--fps <rate>', 'frames per second of media that are looked at (2)', asNumber)
      .option('--prompts <set>', 'template set (action)');
    if (name === 'calibrate') {
      command
        .option('--precision <share>', 'share of right ones among the actions that are told (0.9)', asNumber)
        .option(
          '--prevalence <share>',
          'how often a label is true where it is used (as in the clips)',
          asNumber,
        )
        .option('--json', 'print one object as JSON, and nothing else')
        .action(
          runs(async (path, options) =>
            (await import('./calibrate.ts')).calibrateCommand(path, options, readEnvironment()),
          ),
        );
      continue;
    }
    command
      .option('--no-words', 'the examples stand in place of the words')
      .option(
        '--weight <number>',
        'how much the examples count (0.5 beside words, 1 in their place)',
        asNumber,
      )
      .action(
        runs(async (path, options) =>
          (await import('./examples.ts')).examplesCommand(path, options, readEnvironment()),
        ),
      );
  }
  program
    .command('ask')
    .description('score other words over what a stream has seen')
    .argument('<stream>', 'id of the stream: st_…')
    .argument('[words...]', 'labels in plain words')
    .option('--labels-file <file>', 'labels, one a line, a JSON list, or a JSON label set')
    .option('--url <url>', 'gateway to ask; the one on this machine otherwise')
    .option('--json', 'print one object as JSON, and nothing else')
    .action(
      runs(async (stream, words, options) =>
        (await import('./ask.ts')).ask(stream, words, options, readEnvironment()),
      ),
    );
}

function addTokens(program: Command): void {
  const tokens = program.command('token').description('make the tokens that a gateway asks for');
  for (const [name, what] of [
    ['create', 'make a token; prints it once, and its line for AUTH_TOKENS_FILE'],
    ['hash', 'print the line of a token that comes on standard input'],
  ] as const) {
    tokens
      .command(name)
      .description(what)
      .requiredOption('--scopes <list>', 'what it may do: submit, subscribe, admin; separated by commas')
      .option('--own', 'only with streams of its own')
      .option('--id <id>', 'name in logs (token-… otherwise)')
      .option('--owner <owner>', 'whose the streams are that it creates (itself otherwise)')
      .action(
        runs(async (options) => {
          const { createCommand, hashCommand } = await import('./token.ts');
          return name === 'create' ? createCommand(options) : hashCommand(options);
        }),
      );
  }
}

/** Returns the program with all commands. */
function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
  const program = new Command('verbcast')
    .description('Says what is happening in a video: live labels for actions that you name in plain words.')
    .version(String(version))
    .showHelpAfterError('(see: verbcast --help)')
    .exitOverride();
  addWatch(program);
  addServices(program);
  addModels(program);
  addRecognition(program);
  addLabelling(program);
  addTokens(program);
  program
    .command('doctor')
    .description('check this machine: Node, ffmpeg, Redis, model, GPU, disk')
    .action(runs(async () => (await import('./doctor.ts')).doctor(readEnvironment())));
  return program;
}

// Who reads the output has gone (`verbcast watch … | head`): the same as Ctrl-C.
process.stdout.once('error', () => process.kill(process.pid, 'SIGINT')).on('error', () => undefined);
try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  else process.exitCode = reportFailure(error, isDebug());
}
// What is left open by now (an idle keep-alive connection, say) is no reason to wait.
process.exit();
