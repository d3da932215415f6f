/** A stroke of the given width, or a filled shape where there is none; on a ground of 16 × 16. */
interface Shape {
  d: string;
  stroke?: number;
  dash?: string;
}

const ICONS = {
  ramping: [{ d: 'M2 13h4V9h4V5h4', stroke: 1.8 }],
  running: [
    { d: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0-12 0', stroke: 1.6 },
    { d: 'M5.4 8a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0-5.2 0' },
  ],
  hold: [{ d: 'M4 2.5h3v11H4zM9 2.5h3v11H9z' }],
  approval: [
    {
      d: 'M5.5 6.5a2.5 2.5 0 1 0 0-.01M1.5 14c.4-3 2-4.2 4-4.2s3.6 1.2 4 4.2M11 6.5l1.6 1.6L15 5.5',
      stroke: 1.6,
    },
  ],
  back: [{ d: 'M6 3 2.5 6.5 6 10M3 6.5h6.5a4 4 0 0 1 0 7H7', stroke: 1.8 }],
  check: [{ d: 'M2.5 8.5 6.5 12.5 13.5 4', stroke: 2 }],
  none: [{ d: 'M3 6.2h10M3 9.8h10', stroke: 1.8 }],
  queue: [{ d: 'M2.5 4h11M2.5 8h8M2.5 12h5', stroke: 1.6 }],
  clock: [
    { d: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0-12 0', stroke: 1.6 },
    { d: 'M8 4.5V8l2.4 1.6', stroke: 1.6 },
  ],
  watch: [
    { d: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z', stroke: 1.6 },
    { d: 'M6 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0' },
  ],
  warn: [
    { d: 'M8 2 14.8 13.8H1.2z', stroke: 1.6 },
    { d: 'M8 6.4v3.4M8 11.9v.01', stroke: 1.8 },
  ],
  stop: [
    { d: 'M5.3 1.8h5.4l3.5 3.5v5.4l-3.5 3.5H5.3l-3.5-3.5V5.3z', stroke: 1.6 },
    { d: 'M5.5 8h5', stroke: 1.8 },
  ],
  cross: [{ d: 'M3.5 3.5l9 9M12.5 3.5l-9 9', stroke: 1.8 }],
  wait: [{ d: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0-12 0', stroke: 1.6, dash: '2.6 2.1' }],
  part: [{ d: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0-12 0', stroke: 1.6 }, { d: 'M8 2a6 6 0 0 1 0 12z' }],
  unknown: [
    { d: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0-12 0', stroke: 1.6, dash: '2.6 2.1' },
    { d: 'M6.3 6.4c.2-2 3.4-1.9 3.3.1 0 1.3-1.6 1.3-1.6 2.7M8 11.4v.01', stroke: 1.6 },
  ],
  blind: [
    {
      d: 'M2 2l12 12M6.5 3.7C11.5 2.7 14.5 8 14.5 8s-.7 1.3-2 2.5M4 4.7C2.3 6 1.5 8 1.5 8s2.5 4.5 6.5 4.5c1 0 1.9-.3 2.7-.7',
      stroke: 1.6,
    },
  ],
  flag: [{ d: 'M3.5 14.5v-12h8.5l-2 3.5 2 3.5H3.5', stroke: 1.6 }],
  bell: [{ d: 'M3.5 11.5h9l-1.2-2V6.5a3.3 3.3 0 0 0-6.6 0v3zM6.8 14h2.4', stroke: 1.6 }],
  flask: [
    {
      d: 'M6 1.8h4M6.8 2v4.2L2.8 13a.9.9 0 0 0 .8 1.3h8.8a.9.9 0 0 0 .8-1.3L9.2 6.2V2M4.6 10h6.8',
      stroke: 1.6,
    },
  ],
  books: [{ d: 'M3 2.5v11M6.5 2.5v11M10 2.8l3 10.5', stroke: 1.6 }],
  server: [{ d: 'M2.5 2.8h11v4.2h-11zM2.5 9h11v4.2h-11zM5 4.9v.01M5 11.1v.01', stroke: 1.6 }],
  search: [
    { d: 'M2.5 7a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0', stroke: 1.6 },
    { d: 'M10.5 10.5 14 14', stroke: 1.6 },
  ],
  theme: [{ d: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0-12 0', stroke: 1.6 }, { d: 'M8 2a6 6 0 0 0 0 12z' }],
  lock: [{ d: 'M4 7.2h8v6.3H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2', stroke: 1.6 }],
  person: [
    { d: 'M5.3 5.2a2.7 2.7 0 1 0 5.4 0a2.7 2.7 0 1 0-5.4 0', stroke: 1.6 },
    { d: 'M2.8 14c.5-3.2 2.5-4.6 5.2-4.6s4.7 1.4 5.2 4.6', stroke: 1.6 },
  ],
  down: [{ d: 'M4 6.5 8 10.5 12 6.5', stroke: 1.6 }],
  next: [{ d: 'M6 3.5 10.5 8 6 12.5', stroke: 1.6 }],
  right: [{ d: 'M2.5 8h11M9.5 4l4 4-4 4', stroke: 1.6 }],
  wall: [{ d: 'M1 3h4v2h2V3h4v2h0V3h4v4H1zM1 8.5h6.2v5H1zM8.8 8.5H15v5H8.8z' }],
} satisfies Record<string, Shape[]>;

export type IconName = keyof typeof ICONS;

/** A picture beside words, which say the same: readers of screens do not hear it. */
export function Icon({ name, className = '' }: { name: IconName; className?: string }) {
  const shapes: Shape[] = ICONS[name];
  return (
    <span className={`i ${className}`} aria-hidden="true">
      <svg viewBox="0 0 16 16">
        {shapes.map(({ d, stroke, dash }) =>
          stroke === undefined ? (
            <path key={d} d={d} fill="currentColor" />
          ) : (
            <path
              key={d}
              d={d}
              fill="none"
              stroke="currentColor"
              strokeWidth={stroke}
              strokeDasharray={dash}
              strokeLinecap="round"
              strokeLinejoin="round"
            />
          ),
        )}
      </svg>
    </span>
  );
}
