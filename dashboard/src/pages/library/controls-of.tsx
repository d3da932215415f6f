import type { ComponentType } from 'react';
import type { LibraryKind } from '../../api/library.js';
import type { ControlsProps } from './json-form.js';
import { MetricControls } from './metric-controls.js';
import { SegmentConditions } from './segment-conditions.js';

/** The controls above the JSON of those kinds that have some. */
export function controlsOf(kind: LibraryKind): { Controls?: ComponentType<ControlsProps> } {
  switch (kind) {
    case 'segments':
      return { Controls: SegmentConditions };
    case 'metrics':
      return { Controls: MetricControls };
    case 'policies':
    case 'layers':
    case 'holdouts':
      return {};
  }
}
