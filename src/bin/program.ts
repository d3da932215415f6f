import { Command, CommanderError, Option } from 'commander';
import { ConfigError, type Environment } from '../config.js';
import { VERSION } from '../version.js';
import { analyzeCommand } from './analyze.js';
import { CLIENT_COMMANDS, optionsIn, type ClientCommand } from './client-commands.js';
import { OPTIONS, type ClientOptions } from './client-options.js';
import { exportCommand } from './export.js';
import { apiOf } from './http.js';
import { importCommand } from './import.js';
import { askForJson } from './output.js';
import { powerCommand } from './power.js';
import { runApiProcesses, runServe, runWorkerProcess } from './processes.js';
import { rehearseCommand } from './rehearse.js';
import { verifyCommand } from './verify.js';

const SETTINGS = 'Settings come from the environment: README.md lists them.';

/**
 * Runs a command line.
 *
 * @returns the exit code: 2 where the command line is incomplete
 * @throws {ConfigError} where an option is wrong
 */
export async function runProgram(argv: readonly string[], environment: Environment): Promise<number> {
  let code = 0;
  const program = createProgram(environment, (answer) => (code = answer));
  if (argv.length === 0) {
    program.outputHelp({ error: true });
    return 2;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version have been printed; whatever else is wrong is one line.
    if (error.exitCode === 0) return 0;
    throw new ConfigError(
      `${error.message.replace(/^error: /, '').replace('\n', ' ')}: ${helpFor(argv[0], program)}`,
    );
  }
  return code;
}

/** What to ask after a command line that is wrong. */
function helpFor(name: string | undefined, program: Command): string {
  const isKnown = program.commands.some((command) => command.name() === name);
  return isKnown ? `rampart ${name} --help explains it` : 'rampart help lists the commands';
}

/** For options that may be given again. */
function again(value: string, before: string[] = []): string[] {
  return [...before, value];
}

type Done = (code: number) => void;

function createProgram(environment: Environment, done: Done): Command {
  const program = new Command('rampart')
    .version(VERSION, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', `\n${SETTINGS}`)
    .configureHelp({
      subcommandTerm: (command) => `${command.name()} ${positionalsIn(command.usage())}`.trim(),
    })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void process.stdout.write(text),
      writeErr: (text) => void process.stderr.write(text),
      // Errors are thrown, and printed by whoever ends the process.
      outputError: () => undefined,
    })
    .showSuggestionAfterError();
  program.commandsGroup('Processes:');
  addProcesses(program, environment, done);
  program.commandsGroup('Without a server:');
  addLocalCommands(program, environment, done);
  program.commandsGroup('With a running API (RAMPART_URL, RAMPART_KEY):');
  for (const [name, command] of Object.entries(CLIENT_COMMANDS))
    addClientCommand(program, name, command, environment, done);
  return program;
}

function addProcesses(program: Command, environment: Environment, done: Done): void {
  const add = (name: string, summary: string, run: (argv: string[]) => Promise<number>): Command =>
    program
      .command(name)
      .description(summary)
      .action(async (_options, command: Command) => done(await run(argvOf(command))));
  add('serve', 'run all of it: API, worker, and an embedded MongoDB or Temporal if none is given', () =>
    runServe(environment),
  );
  add('api', 'run an API process; needs MONGODB_URI and TEMPORAL_ADDRESS', () =>
    runApiProcesses(environment),
  );
  add('worker', 'run a worker process; needs the same', () => runWorkerProcess(environment));
  add('demo', 'the life of two experiments, with simulated users', async (argv) => {
    const { demo } = await import('./demo.js');
    return demo(argv, environment);
  }).option('--once', 'end after them');
}

function addLocalCommands(program: Command, environment: Environment, done: Done): void {
  const add = (usage: string, summary: string, run: (argv: string[]) => Promise<number>): Command =>
    program
      .command(usage)
      .description(summary)
      .option('--json', 'print JSON at a terminal too')
      .action(async (...args: unknown[]) => {
        const command = args.at(-1) as Command;
        askForJson(command.getOptionValue('json') === true);
        done(await run(argvOf(command)));
      });
  add('analyze [file]', 'the evidence from sums; docs/statistics.md describes both', analyzeCommand);
  addPlanning(add);
  add('verify [file...]', 'recompute certified decisions, bit for bit', verifyCommand);
  add('import [file]', "another system's flags, with a note on everything that differs", (argv) =>
    importCommand(argv, environment),
  )
    .option('--from <system>', 'flagd, growthbook, launchdarkly or unleash')
    .option('--environment <name>', 'which environment of the document')
    .option('--project <key>', 'which project of the document')
    .option('--out <folder>', 'write a file for each definition')
    .option('--apply', 'put the definitions into a running API');
  add('export', 'flags as a file for flagd', (argv) => exportCommand(argv, environment))
    .option('--to <system>', 'flagd')
    .option('--in <folder>', 'of definitions, as `import --out` writes it; by itself a running API')
    .option('--environment <name>', 'as they are served there')
    .option('--out <file>', 'write the document to a file');
}

/** What a plan needs, before anybody is exposed to it. */
function addPlanning(
  add: (usage: string, summary: string, run: (argv: string[]) => Promise<number>) => Command,
): void {
  const perMetric = 'METRIC=VALUE[,STANDARD_DEVIATION]';
  add(
    'power [file]',
    'the sample that an effect or the experiment in a file needs, or the effect that a sample can detect',
    powerCommand,
  )
    .option('--baseline <value>', `the value of the metric in the control; with a file, ${perMetric}`, again)
    .option('--policy <file>', 'with a file: its policy, if that is not built in')
    .option('--metric <file>', 'with a file: a metric that is not built in; may be given again', again)
    .option('--units-per-day <number>', 'with a file: how many users come')
    .option('--mde <number>', 'the least relative effect to detect')
    .option('--units <number>', 'units of the control; instead of --mde')
    .option('--kind <kind>', 'proportion, mean, ratio or quantile (default: proportion)')
    .option('--standard-deviation <number>', 'between units; not for proportions')
    .option('--alpha <number>', 'the error rate of the first kind')
    .option('--power <number>', 'the chance to detect the effect')
    .option('--ratio <number>', 'units of a treatment for each of the control')
    .option('--correlation <number>', 'with the same metric before the exposure')
    .option('--arms <number>', 'arms, with the control')
    .option('--comparisons <number>', 'comparisons among which the error rate is shared');
  add(
    'rehearse [file]',
    'an experiment on simulated users: how often it ships, rolls back and errs',
    rehearseCommand,
  )
    .option('--policy <file>', 'its policy, if that is not built in')
    .option('--metric <file>', 'a metric that is not built in; may be given again', again)
    .option('--runs <number>', 'runs of each scenario')
    .option('--seed <number>', 'of the random numbers')
    .option('--true-lift <number>', 'the effect of the scenario with an effect')
    .option('--guardrail-harm <number>', 'the harm of the scenario with harm')
    .option('--units-per-day <number>', 'how many users come')
    .option('--returns-per-day <number>', 'visits of a user on each later day, for each first visit')
    .option('--baseline <value>', `${perMetric}; may be given again`, again);
}

/** A command line as the commands that parse their own read it: with each value joined to its option, also one with a minus. */
function argvOf(command: Command): string[] {
  const options = command.options
    .filter((option) => option.long !== '--json')
    .flatMap((option) => {
      const value = command.getOptionValue(option.attributeName()) as string | string[] | boolean | undefined;
      if (value === undefined || value === false) return [];
      if (value === true) return [option.long!];
      return [value].flat().map((one) => `${option.long}=${one}`);
    });
  // Only an argument that looks like an option needs a mark before it; `-` is standard input.
  const isOdd = command.args.some((arg) => arg.startsWith('-') && arg !== '-');
  return isOdd ? [...options, '--', ...command.args] : [...command.args, ...options];
}

function addClientCommand(
  program: Command,
  name: string,
  client: ClientCommand,
  environment: Environment,
  done: Done,
): void {
  const command = program
    .command(name)
    .usage(client.usage)
    .description(client.summary)
    .argument('[arguments...]')
    .option('--json', 'print JSON at a terminal too')
    .action(async (positionals: string[], given: { json?: true }) => {
      askForJson(given.json === true);
      const api = apiOf(environment);
      const run = client.run({ api, options: optionsOf(command), positionals });
      if (run !== 'incomplete') return done(await run);
      process.stderr.write(`usage: rampart ${name} ${client.usage}\n`);
      done(2);
    });
  for (const one of optionsIn(client)) {
    const [flags, description] = OPTIONS[one];
    const option = new Option(flags, description);
    command.addOption(one === 'unit' ? option.argParser(again) : option);
  }
}

/** The arguments of a usage without its options. */
function positionalsIn(usage: string): string {
  const [before = ''] = usage.replace('[options]', '').split(/\s*[[(]?--/);
  return before.trim();
}

/** What was given, by the names of the options. */
function optionsOf(command: Command): ClientOptions {
  return Object.fromEntries(
    command.options.map((option) => [
      option.name(),
      command.getOptionValue(option.attributeName()) as unknown,
    ]),
  );
}
