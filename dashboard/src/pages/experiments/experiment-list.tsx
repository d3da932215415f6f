export function ExperimentList() {
  return <h1>ExperimentList</h1>;
}
