export function Definition() {
  return <h1>Definition</h1>;
}
