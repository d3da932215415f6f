/** Maximum length that is kept of a message that has not ended. */
const MAX_LENGTH = 1 << 20;
const MAX_DATA_LINES = 1_000;

/** Parses a text/event-stream (HTML Living Standard, 9.2.6) into messages, of which only `data` matters here. */
export class MessageParser {
  private rest = '';
  private data: string[] = [];

  constructor(private readonly onMessage: (data: string) => void) {}

  push(text: string): void {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!.slice(0, MAX_LENGTH);
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === '') {
      if (this.data.length > 0) this.onMessage(this.data.join('\n'));
      this.data = [];
    } else if (line.startsWith('data:') && this.data.length < MAX_DATA_LINES) {
      this.data.push(line.slice(line[5] === ' ' ? 6 : 5));
    }
  }
}
