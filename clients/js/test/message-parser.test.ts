import { expect, test } from 'vitest';
import { MessageParser } from '../src/message-parser.js';

function parse(...chunks: string[]): string[] {
  const messages: string[] = [];
  const parser = new MessageParser((data) => messages.push(data));
  for (const chunk of chunks) parser.push(chunk);
  return messages;
}

test('an empty line ends a message, with any line ending', () => {
  expect(parse('data: a\n\ndata: b\r\n\r\ndata: c\r\rx\n')).toEqual(['a', 'b', 'c']);
});

test('several data lines are one string; a single space after the colon is not part of it', () => {
  expect(parse('data: a\ndata:  b\ndata:c\n\n')).toEqual(['a\n b\nc']);
});

test('comments, other fields and messages without data are ignored', () => {
  expect(parse(': ping\n\nevent: x\nid: 1\n\nevent: y\ndata: a\nretry: 5\n\n')).toEqual(['a']);
});

test('chunks may be cut anywhere', () => {
  const text = ': hello\r\n\r\ndata: {"type":"refetchEvaluation"}\r\n\r\ndata: é\r\n\r\n';
  for (let cut = 0; cut <= text.length; cut += 1) {
    expect(parse(text.slice(0, cut), text.slice(cut))).toEqual(['{"type":"refetchEvaluation"}', 'é']);
  }
  expect(parse(...text)).toEqual(['{"type":"refetchEvaluation"}', 'é']);
});

test('a message is not delivered before it has ended', () => {
  expect(parse('data: a\n')).toEqual([]);
});
