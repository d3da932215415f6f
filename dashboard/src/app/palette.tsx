import { lazy, Suspense, useEffect, useState } from 'react';
import { Icon } from '../ui/icon.js';
import { useShortcut } from './use-shortcut.js';

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
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      setOpened('palette');
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  useShortcut('?', () => setOpened('keys'));

  const close = (): void => setOpened(null);
  return (
    <>
      <button
        type="button"
        className="find"
        aria-keyshortcuts="Control+K"
        onClick={() => setOpened('palette')}
      >
        <Icon name="search" />
        <span className="text">Find or do</span>
        <kbd>Ctrl K</kbd>
      </button>
      <Suspense fallback={null}>
        {opened === 'palette' && <PaletteDialog onClose={close} onShowKeys={() => setOpened('keys')} />}
        {opened === 'keys' && <KeysDialog onClose={close} />}
      </Suspense>
    </>
  );
}
