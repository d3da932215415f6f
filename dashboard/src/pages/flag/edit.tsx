export function FlagEdit() {
  return <h1>FlagEdit</h1>;
}
