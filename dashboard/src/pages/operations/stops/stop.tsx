export function Stop() {
  return <h1>Stop</h1>;
}
