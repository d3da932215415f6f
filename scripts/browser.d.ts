/** The path of a browser that tests can drive; fetches one where there is none. */
export function browserPath(): string;
