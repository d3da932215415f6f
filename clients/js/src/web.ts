export { RampartWebProvider, type RampartWebProviderOptions } from './rampart-web-provider.js';
export type { Logger } from './logger.js';
