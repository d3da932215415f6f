/** A version of Semantic Versioning 2.0.0. Numbers are strings of digits, without leading zeros and of any length. */
export interface Version {
  core: readonly [string, string, string];
  prerelease: readonly string[];
}

const LONGEST = 256;
const GRAMMAR =
  /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Null if the text is not a version. A leading `v` is accepted; a missing minor or patch is 0. */
export function parseVersion(text: unknown): Version | null {
  if (typeof text !== 'string' || text.length > LONGEST) return null;
  const match = GRAMMAR.exec(text);
  if (!match) return null;
  const [, major, minor = '0', patch = '0', prerelease] = match;
  return {
    core: [trimmed(major!), trimmed(minor), trimmed(patch)],
    prerelease: prerelease === undefined ? [] : prerelease.split('.'),
  };
}

/** Negative, 0 or positive, by precedence. Source: SemVer 2.0.0, section 11. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < 3; i += 1) {
    const order = compareNumbers(a.core[i]!, b.core[i]!);
    if (order !== 0) return order;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return b.prerelease.length - a.prerelease.length;
  for (let i = 0; i < Math.min(a.prerelease.length, b.prerelease.length); i += 1) {
    const order = compareIdentifiers(a.prerelease[i]!, b.prerelease[i]!);
    if (order !== 0) return order;
  }
  return a.prerelease.length - b.prerelease.length;
}

function compareIdentifiers(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aIsNumber && bIsNumber) return compareNumbers(trimmed(a), trimmed(b));
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return compareTexts(a, b);
}

function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compareTexts(a, b);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function trimmed(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}
