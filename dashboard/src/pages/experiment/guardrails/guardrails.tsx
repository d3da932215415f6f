export function Guardrails() {
  return <h1>Guardrails</h1>;
}
