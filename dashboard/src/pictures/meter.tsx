interface Props {
  /** Share of the way to the flag at the end, 0 to 1; null where nothing can be seen. */
  share: number | null;
  tone: 'plain' | 'hold' | 'harm';
}

/** A small bar on its way to where something happens. The words beside it say the same, so readers of screens skip it. */
export function Meter({ share, tone }: Props) {
  const kind = share === null ? 'blind' : tone;
  return (
    <span className={`meter ${kind}`} aria-hidden="true">
      {share !== null && (
        <i style={{ width: `${Math.max(share > 0 ? 6 : 0, Math.min(100, share * 100))}%` }} />
      )}
    </span>
  );
}
