/** Shapes of the arms: the control, then the treatments in the order of the definition. From the fifth on they repeat. */
export const GLYPHS = [
  'M0 4h10v2H0z',
  'M1 1h8v8H1z',
  'M5 0l5 5-5 5-5-5z',
  'M5 .5a4.5 4.5 0 1 0 .01 0z',
  'M5 .5 10 9.5H0z',
] as const;

/** Colour of an arm: 0 is the control. */
export function armColour(index: number): string {
  return index === 0 ? 'var(--control)' : `var(--arm${((index - 1) % 4) + 1})`;
}

export function armGlyph(index: number): string {
  return index === 0 ? GLYPHS[0] : GLYPHS[((index - 1) % 4) + 1]!;
}

/** The number of an arm: 0 for the control, then in the order of the definition. */
export function armIndex(variants: Record<string, unknown>, control: string, name: string): number {
  return name === control
    ? 0
    : 1 +
        Object.keys(variants)
          .filter((one) => one !== control)
          .indexOf(name);
}

/** An arm's glyph and name. */
export function Arm({ index, name }: { index: number; name: string }) {
  return (
    <span className="arm">
      <svg className="g" viewBox="0 0 10 10" aria-hidden="true">
        <path d={armGlyph(index)} fill={armColour(index)} />
      </svg>
      {name}
    </span>
  );
}
