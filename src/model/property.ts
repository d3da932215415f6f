/** What a property of an event may hold. Nothing is nested: what is inside of objects has no name of its own. */
export type PropertyValue = PropertyScalar | PropertyScalar[];
export type PropertyScalar = string | number | boolean;
export type Properties = Readonly<Record<string, PropertyValue>>;

/** A property that is kept because a metric names it: of all others nothing is stored. */
export interface KeptProperty {
  /** Of the events. */
  type: string;
  name: string;
  /** Whether values are kept that look as if they were about a person, such as e-mail addresses. */
  personal: boolean;
}

/** Why a property that a metric names is not kept all the same. */
export const DROPPED = ['property_nested', 'property_too_large', 'property_personal'] as const;
export type Dropped = (typeof DROPPED)[number];

/** In conditions this is the event's own value, and no property. */
export const OWN_VALUE = 'value';
/** So many properties one metric may name. */
export const MOST_PROPERTIES = 10;

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_:-]{0,63}$/u;

/** What `isPropertyName` asks for, as an error says it. */
export const PROPERTY_NAME_RULE =
  'must be the name of a property: 1 to 64 letters, digits, and _ : - (what is nested has no name: send it as a property of its own)';

/** Whether a metric may name a property like this. Names that every object has by itself, such as `constructor`, are not for events. */
export function isPropertyName(name: string): boolean {
  return NAME.test(name) && !(name in Object.prototype) && name !== 'prototype' && name !== 'targetingKey';
}

const E_MAIL = /[^\s@<>]+@[^\s@<>]+\.[^\s@<>]{2,}/;
const IP_V4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/;
const IP_V6 =
  /(?<![\w:])(?:(?:[\da-f]{1,4}:){7}[\da-f]{1,4}|(?:[\da-f]{1,4}:){1,6}(?::[\da-f]{1,4}){1,6})(?![\w:])/i;
const PHONE = /^\s*(?:\+|00)\d[\d\s()./-]{6,20}$/;
/** Digits, perhaps in groups, beginning as those of the large issuers do. */
const CARD = /^\s*[2-6](?:[ -]?\d){12,18}\s*$/;

/** Whether a value looks like what tells who somebody is: an e-mail or IP address, a telephone or card number. Numbers do not. */
export function looksPersonal(value: PropertyScalar): boolean {
  if (typeof value !== 'string') return false;
  if (CARD.test(value)) return isCardNumber(value.replace(/\D/g, ''));
  return [E_MAIL, IP_V4, IP_V6, PHONE].some((pattern) => pattern.test(value));
}

/** By the check digit of Luhn, ISO/IEC 7812-1, annex B. */
function isCardNumber(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const weighed = place % 2 === 0 ? Number(digit) : 2 * Number(digit);
    return total + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return sum % 10 === 0;
}
