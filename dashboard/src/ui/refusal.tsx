import { Icon } from './icon.js';

/** Why something was not done, once there is a reason; it is read aloud. */
export function Refusal({ text, wide = false }: { text: string | null | undefined; wide?: boolean }) {
  return (
    <div role="alert" className={wide ? 'wide' : undefined}>
      {text != null && (
        <p className="error">
          <Icon name="warn" />
          {text}
        </p>
      )}
    </div>
  );
}
