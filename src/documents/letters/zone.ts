import type { Text } from '../page-model.js';
import { TEXTS } from '../texts.js';

/** What a time zone is called beside a time. */
export function zoneText(timeZone: string): Text {
  return timeZone === 'Europe/Riga' ? TEXTS.rigaTime : { lv: timeZone, en: timeZone };
}
