import type { AnyProviderEvent, EventContext, EventHandler, ProviderEventEmitter } from '@openfeature/core';

/** By their values, so that this package needs no SDK to be there when it runs. */
export type ProviderEventName = `${AnyProviderEvent}`;

/** OpenFeature's emitter of provider events. Handlers run a moment later, and what one throws stays with it. */
export class ProviderEvents implements ProviderEventEmitter<AnyProviderEvent> {
  private readonly handlers = new Map<ProviderEventName, EventHandler[]>();

  emit(event: ProviderEventName, details?: EventContext): void {
    for (const handler of [...this.getHandlers(event)]) {
      Promise.resolve(details as Parameters<EventHandler>[0])
        .then(handler)
        .catch(() => undefined);
    }
  }

  addHandler(event: ProviderEventName, handler: EventHandler): void {
    this.handlers.set(event, [...this.getHandlers(event), handler]);
  }

  removeHandler(event: ProviderEventName, handler: EventHandler): void {
    this.handlers.set(
      event,
      this.getHandlers(event).filter((one) => one !== handler),
    );
  }

  removeAllHandlers(event?: ProviderEventName): void {
    if (event === undefined) this.handlers.clear();
    else this.handlers.delete(event);
  }

  getHandlers(event: ProviderEventName): EventHandler[] {
    return this.handlers.get(event) ?? [];
  }

  /** The providers have a logger of their own. */
  setLogger(): this {
    return this;
  }
}
