/** A program beside a module, for a process of its own: compiled where the module is, else the source with its loader. */
export interface ProgramBeside {
  url: URL;
  /** Only sources need an option; other options of this process are no business of that one. */
  exec_argv: string[];
}

export function programBeside(module: string, name: string): ProgramBeside {
  const isSource = module.endsWith('.ts');
  return {
    url: new URL(`./${name}${isSource ? '.ts' : '.js'}`, module),
    exec_argv: isSource ? ['--import', 'tsx'] : [],
  };
}
