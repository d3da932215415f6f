/** The flags of the cases, in flagd's format. */
export const configuration = JSON.stringify({
  flags: {
    boolean: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting: {
        fractional: [
          ['on', 50],
          ['off', 50],
        ],
      },
    },
    split: {
      state: 'ENABLED',
      variants: { a: 'a', b: 'b', c: 'c' },
      defaultVariant: 'a',
      targeting: {
        if: [
          { '==': [{ var: 'country' }, 'US'] },
          'a',
          {
            fractional: [
              ['a', 34],
              ['b', 33],
              ['c', 33],
            ],
          },
        ],
      },
    },
    static: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' },
  },
});
