import { useNow } from '../ui/age.js';
import { ZONE, zoneName } from '../words/times.js';

/** The zone in which times are told. */
export function ZoneName() {
  return (
    <span className="muted zone nowrap" title={`Times are those of ${ZONE}, by the server's clock.`}>
      {zoneName(useNow())}
    </span>
  );
}
