export function FlagPlayground() {
  return <h1>FlagPlayground</h1>;
}
