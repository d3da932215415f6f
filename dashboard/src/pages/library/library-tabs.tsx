import { Link } from '@tanstack/react-router';
import { KIND_NAMES, KINDS } from './kinds.js';

export function LibraryTabs() {
  return (
    <nav className="tabs" aria-label="Library">
      {KIND_NAMES.map((kind) => (
        <Link key={kind} to="/library/$kind" params={{ kind }}>
          {KINDS[kind].title}
        </Link>
      ))}
    </nav>
  );
}
