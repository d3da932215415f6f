/** A cookie of this installation that scripts cannot read. */
export class OwnCookie {
  private readonly name: string;
  private readonly attributes: string;

  /** @param public_url address at which people open the dashboard; under https the cookie keeps to that host */
  constructor(name: string, public_url: string | undefined) {
    const isSecure = public_url?.startsWith('https:') ?? false;
    this.name = isSecure ? `__Host-${name}` : name;
    // Lax: it comes along when a link, or the identity provider, leads here; never with another site's own requests.
    this.attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  }

  /** Its value among the cookies of a request. */
  in(cookies: string | undefined): string | null {
    for (const one of cookies?.split(';') ?? []) {
      const end = one.indexOf('=');
      if (one.slice(0, end).trim() === this.name) return one.slice(end + 1).trim() || null;
    }
    return null;
  }

  set(value: string, seconds: number): string {
    return `${this.name}=${value}; Max-Age=${seconds}; ${this.attributes}`;
  }

  clear(): string {
    return `${this.name}=; Max-Age=0; ${this.attributes}`;
  }
}
