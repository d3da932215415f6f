interface Props {
  id: string;
  colour: string;
  gap?: number;
  width?: number;
  opacity?: number;
}

/** Diagonal lines, for what is not known or not decidable: never by colour alone. Filled with `url(#id)`. */
export function Hatch({ id, colour, gap = 6, width = 1, opacity = 1 }: Props) {
  return (
    <pattern id={id} width={gap} height={gap} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <line x1={0} x2={0} y1={0} y2={gap} stroke={colour} strokeWidth={width * 2} opacity={opacity} />
    </pattern>
  );
}
