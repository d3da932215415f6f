/** The path of a member: `flags.checkout`, `rules[2]`, and `flags["a.b"]` where a dot would be ambiguous. */
export function memberPath(path: string, name: string | number): string {
  if (typeof name === 'number') return `${path}[${name}]`;
  if (name === '' || /[.[\]"\s]/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}
