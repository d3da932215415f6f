import type { Role } from './key.js';

/** Somebody who has signed in by an identity provider, as they were at their last sign-in. */
export interface StoredPerson {
  /** Made from the provider and its name for them. */
  _id: string;
  /** What the provider calls them. */
  subject: string;
  name: string;
  email: string | null;
  role: Role;
  /** Null: every one. */
  environments: string[] | null;
  signed_in_at: string;
  /** How often all their sessions were ended. A session from before is none. */
  ended: number;
}
