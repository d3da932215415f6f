import type { ReactNode } from 'react';
import { SegmentConditions } from './segment-conditions.js';

/** The controls of a segment's form. */
export function segmentControls(
  segment: Record<string, unknown>,
  change: (segment: Record<string, unknown>) => void,
): ReactNode {
  return <SegmentConditions segment={segment} onChange={change} />;
}
