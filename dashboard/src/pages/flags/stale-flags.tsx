export function StaleFlags() {
  return <h1>StaleFlags</h1>;
}
