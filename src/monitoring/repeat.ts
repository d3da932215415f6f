/**
 * Does something now and again and again, each time so long after it ended last. What fails is reported and done again.
 *
 * @param ms the time between
 * @returns ends it
 */
export function repeat(ms: number, work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const round = async (): Promise<void> => {
    await work().catch(onError);
    if (!isEnded) timer = setTimeout(() => void round(), ms).unref();
  };
  void round();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}
