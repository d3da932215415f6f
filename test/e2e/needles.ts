/** Every form in which a text may stand among other bytes, by what the form is called. */
export function formsOf(text: string): [form: string, needle: string][] {
  const bytes = Buffer.from(text);
  return [
    ['in the clear', text],
    ['as part of an address', encodeURIComponent(text)],
    ['in hexadecimal', bytes.toString('hex')],
    ['in hexadecimal', bytes.toString('hex').toUpperCase()],
    ...[0, 1, 2].map((offset): [string, string] => ['in base64', base64At(bytes, offset)]),
  ];
}

/** The base64 of bytes that stand behind others: what of it does not depend on those around. */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const isWhole = (offset + bytes.length) % 3 === 0;
  return text.slice([0, 2, 3][offset], isWhole ? undefined : -1);
}

/** In which forms some bytes have a text; none where they do not. */
export function foundIn(bytes: Buffer, text: string): string[] {
  return formsOf(text)
    .filter(([, needle]) => bytes.includes(needle))
    .map(([form]) => form);
}
