import { Link } from '@tanstack/react-router';
import { useMay, useSession } from '../../session/use-session.js';
import { Empty } from '../../ui/empty.js';
import { useTitle } from '../../ui/use-title.js';
import { Editor } from './editor.js';

/** A new experiment: what it is, what it can find, how it would go, and its start. */
export function NewExperiment() {
  useTitle('New experiment');
  const { session } = useSession();
  return useMay('define') ? (
    <Editor />
  ) : (
    <>
      <Head />
      <Empty title="You may not make experiments">
        You are signed in as {session.actor.name}, {session.role}. Experimenters and admins make them: ask one
        of them, or sign in with such a key.
      </Empty>
    </>
  );
}

function Head() {
  return (
    <div>
      <p className="crumb">
        <Link to="/experiments">Experiments</Link>
      </p>
      <h1>New experiment</h1>
    </div>
  );
}
