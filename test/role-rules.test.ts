import { describe, expect, it } from 'vitest';
import { roleRulesSchema, ruleFor, type Claims, type RoleRule } from '../src/role-rules.js';

const admins: RoleRule = { claim: 'groups', value: 'rampart-admins', role: 'admin' };
const staff: RoleRule = { claim: 'groups', value: 'staff', role: 'viewer' };
const ada: RoleRule = { claim: 'email', value: 'ada@example.com', role: 'experimenter' };
const nested: RoleRule = { claim: 'realm_access.roles', value: 'operators', role: 'operator' };
const dotted: RoleRule = { claim: 'https://example.com/role', value: 'lead', role: 'operator' };
const RULES = [admins, ada, nested, dotted, staff];

describe('the rule for somebody', () => {
  it.each<[string, Claims, RoleRule | null]>([
    ['a value of a list', { groups: ['others', 'staff'] }, staff],
    ['the first that fits', { groups: ['staff', 'rampart-admins'] }, admins],
    ['a single value', { groups: 'staff' }, staff],
    ['a claim inside another', { realm_access: { roles: ['operators'] } }, nested],
    ['a claim with dots in its name', { 'https://example.com/role': 'lead' }, dotted],
    ['an address that was checked', { email: 'ada@example.com', email_verified: true }, ada],
    ['an address that nobody checked', { email: 'ada@example.com' }, null],
    ['an address that is not theirs', { email: 'ada@example.com', email_verified: false }, null],
    ['a part of a value', { groups: ['rampart-admins-of-another'] }, null],
    ['a value in other letters', { groups: ['Staff'] }, null],
    ['a value that is no text', { groups: [{ name: 'staff' }, null] }, null],
    ['what every object has', { constructor: 'staff' }, null],
    ['nothing', {}, null],
  ])('is by %s', (_, claims, expected) => {
    expect(ruleFor(RULES, claims)).toBe(expected);
  });

  it('is none through what every object inherits', () => {
    const inherited: RoleRule = { claim: 'constructor.name', value: 'Object', role: 'admin' };
    expect(ruleFor([inherited], {})).toBeNull();
  });
});

describe('the rules', () => {
  it.each([
    [[]],
    [[{ ...staff, role: 'server' }]],
    [[{ ...staff, role: undefined }]],
    [[{ ...staff, value: '' }]],
    [[{ ...staff, environments: [] }]],
    [[{ ...staff, environment: ['staging'] }]],
  ])('are not %j', (rules) => {
    expect(roleRulesSchema.safeParse(rules).success).toBe(false);
  });
});
