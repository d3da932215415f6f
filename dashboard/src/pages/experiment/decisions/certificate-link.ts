/** Where the API has the certificate of a decision. */
export function certificateHref(experiment_id: string, n: number): string {
  return `/v1/experiments/${encodeURIComponent(experiment_id)}/decisions/${n}/certificate`;
}
