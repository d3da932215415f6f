import { Link } from '@tanstack/react-router';
import { Empty } from '../ui/empty.js';

export function NotFound() {
  return (
    <Empty
      title="There is no such page"
      heading="h1"
      action={
        <Link className="btn" to="/">
          To what needs attention
        </Link>
      }
    >
      The address may have been mistyped, or what it named was deleted.
    </Empty>
  );
}
