import { Link } from '@tanstack/react-router';
import { useMay } from '../../session/use-session.js';

/** The pages of operations. Keys and privacy are an admin's. */
export function OperationsNav() {
  const mayAdminister = useMay('administer');
  return (
    <nav className="tabs" aria-label="Operations">
      <Link to="/operations/stops">Stops</Link>
      <Link to="/operations/system">System</Link>
      <Link to="/operations/audit">Audit</Link>
      {mayAdminister && <Link to="/operations/keys">Keys</Link>}
      {mayAdminister && <Link to="/operations/privacy">Privacy</Link>}
    </nav>
  );
}
