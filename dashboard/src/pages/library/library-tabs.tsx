import { Link } from '@tanstack/react-router';
import { KIND_NAMES, KINDS } from './kinds.js';
import { Tabs } from '../../ui/tabs.js';

export function LibraryTabs() {
  return (
    <Tabs label="Library">
      {KIND_NAMES.map((kind) => (
        <Link key={kind} to="/library/$kind" params={{ kind }}>
          {KINDS[kind].title}
        </Link>
      ))}
    </Tabs>
  );
}
