export function FlagOverview() {
  return <h1>FlagOverview</h1>;
}
