/** Lets the browser save a text as a file. */
export function saveFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has the file once the click is done; it may begin to read it a little later.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** A moment as part of a file's name: `2026-01-02T1405Z`. */
export function fileTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace(':', '')}Z`;
}
