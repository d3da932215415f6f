import type { Config } from '../config.js';
import type { Sending } from '../operations/send-alerts.js';
import { AddressRules } from '../receivers/address-rules.js';

/** How a process reaches the receivers of alerts, by its settings. */
export function sendingOf(config: Config): Sending {
  const { RAMPART_SMTP_URL: url, RAMPART_MAIL_FROM: from, RAMPART_PUBLIC_URL: home } = config;
  return {
    rules: new AddressRules(config.RAMPART_WEBHOOK_ALLOW),
    mail: url !== undefined && from !== undefined ? { url, from } : null,
    home: home === undefined ? null : home.replace(/\/+$/, ''),
  };
}
