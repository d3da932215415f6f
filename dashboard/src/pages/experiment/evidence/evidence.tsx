export function Evidence() {
  return <h1>Evidence</h1>;
}
