export function FlagRevisions() {
  return <h1>FlagRevisions</h1>;
}
