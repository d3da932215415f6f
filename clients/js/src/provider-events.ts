import type { AnyProviderEvent, EventContext, EventHandler, ProviderEventEmitter } from '@openfeature/core';

/** The events as strings: at run time this package does not need an OpenFeature SDK. */
export type ProviderEventName = `${AnyProviderEvent}`;

/** OpenFeature's emitter of provider events. Handlers run asynchronously, and an error in one affects nothing else. */
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
      this.getHandlers(event).filter((other) => other !== handler),
    );
  }

  removeAllHandlers(event?: ProviderEventName): void {
    if (event === undefined) this.handlers.clear();
    else this.handlers.delete(event);
  }

  getHandlers(event: ProviderEventName): EventHandler[] {
    return this.handlers.get(event) ?? [];
  }

  /** Ignored: the providers have a logger of their own. */
  setLogger(): this {
    return this;
  }
}
