export function NewFlag() {
  return <h1>NewFlag</h1>;
}
