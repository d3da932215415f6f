/** Why a sign-in by an identity provider came to nothing, as the sign-in page says it. */
export const SIGN_IN_REFUSALS = {
  away: 'The identity provider, or the store of this installation, does not answer as it should. Try again in a moment, or sign in with a key.',
  expired:
    'This sign-in was begun too long ago, in another browser, or has been used already. Begin it again here.',
  declined: 'The identity provider says that the sign-in was cancelled or not allowed.',
  invalid:
    'The answer did not fit the sign-in that was begun here, so nobody was signed in. Begin it again; if that fails too, ask whoever runs Rampart to look into its log.',
  no_role:
    'The identity provider knows you, but nobody has given you a role in Rampart. Ask an admin for an entry in RAMPART_OIDC_ROLES that names you or a group of yours.',
  return_to: 'The link to this sign-in leads back to a place that is no page of Rampart. Sign in from here.',
  too_many: 'There were too many sign-ins from your address. Try again in a few seconds.',
} as const;

export type SignInRefusal = keyof typeof SIGN_IN_REFUSALS;
