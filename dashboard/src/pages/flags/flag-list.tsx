export function FlagList() {
  return <h1>FlagList</h1>;
}
