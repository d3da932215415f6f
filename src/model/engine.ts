/**
 * The version of the engine: everything between sums and decisions. It rises when the same sums, under the same policy,
 * may give other evidence, another decision or other words. A launch freezes it, so an experiment is decided by one engine
 * from its start to its end, and its certificates can be taken again by that one.
 */
export const ENGINE_VERSION = 2;
