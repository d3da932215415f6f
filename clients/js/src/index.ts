export * from './server.js';
export { RampartWebProvider, type RampartWebProviderOptions } from './web.js';
