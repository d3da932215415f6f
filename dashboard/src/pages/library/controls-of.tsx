import type { ReactNode } from 'react';
import type { LibraryKind } from '../../api/library.js';
import { MetricControls } from './metric-controls.js';
import { SegmentConditions } from './segment-conditions.js';

type Definition = Record<string, unknown>;
type Controls = (definition: Definition, change: (definition: Definition) => void) => ReactNode;

/** The controls above the JSON of those kinds that have some. */
export function controlsOf(kind: LibraryKind): { controls?: Controls } {
  switch (kind) {
    case 'segments':
      return { controls: (segment, change) => <SegmentConditions segment={segment} onChange={change} /> };
    case 'metrics':
      return { controls: (metric, change) => <MetricControls metric={metric} onChange={change} /> };
    case 'policies':
    case 'layers':
    case 'holdouts':
      return {};
  }
}
