import { localStorageColorSchemeManager } from '@mantine/core';

/** System, light or dark; kept in this browser. */
export const colorScheme = localStorageColorSchemeManager({ key: 'rampart-theme' });
