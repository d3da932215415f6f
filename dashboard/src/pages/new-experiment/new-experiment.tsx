export function NewExperiment() {
  return <h1>NewExperiment</h1>;
}
