const NAME = 'rampart-single-keys';

/** Whether keys without Ctrl do something. Who speaks to the computer may want them off: they come with words. */
export function areSingleKeysOn(): boolean {
  return localStorage.getItem(NAME) !== 'off';
}

export function setSingleKeys(isOn: boolean): void {
  if (isOn) localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, 'off');
}

/** Whether a key goes into something that takes text. */
export function isTyped({ target }: KeyboardEvent): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}
