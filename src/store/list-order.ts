/** The oldest first, or the newest. */
export type ListOrder = 'asc' | 'desc';

export function directionOf(order: ListOrder): 1 | -1 {
  return order === 'asc' ? 1 : -1;
}

/** What comes after the number that a page has ended with; everything where it is 0. */
export function beyond(field: string, from: number, order: ListOrder): Record<string, object> {
  if (order === 'asc') return { [field]: { $gt: from } };
  return from === 0 ? {} : { [field]: { $lt: from } };
}
