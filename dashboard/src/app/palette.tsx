import { lazy, Suspense, useEffect, useState } from 'react';
import { Icon } from '../ui/icon.js';
import { areSingleKeysOn, isTyped } from './single-keys.js';

const PaletteDialog = lazy(() =>
  import('./palette-dialog.js').then((one) => ({ default: one.PaletteDialog })),
);
const KeysDialog = lazy(() => import('./keys-dialog.js').then((one) => ({ default: one.KeysDialog })));

type Opened = 'palette' | 'keys' | null;

/** Finds whatever has a name, and does what is done often: by Ctrl-K, or by the button in the header. */
export function Palette() {
  const [opened, setOpened] = useState<Opened>(null);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setOpened('palette');
      } else if (
        event.key === '?' &&
        !event.ctrlKey &&
        !event.metaKey &&
        areSingleKeysOn() &&
        !isTyped(event)
      ) {
        event.preventDefault();
        setOpened('keys');
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  const close = (): void => setOpened(null);
  return (
    <>
      <button type="button" className="find" onClick={() => setOpened('palette')}>
        <Icon name="search" />
        <span>Find or do</span>
        <kbd>Ctrl K</kbd>
      </button>
      <Suspense fallback={null}>
        {opened === 'palette' && <PaletteDialog onClose={close} onShowKeys={() => setOpened('keys')} />}
        {opened === 'keys' && <KeysDialog onClose={close} />}
      </Suspense>
    </>
  );
}
