import type { Device } from '../client/core.js';

/** What is known of the device; the core decides by it how much is drawn at once. */
export function thisDevice(): Device {
  const { deviceMemory, userAgentData } = navigator as WorkerNavigator & {
    readonly deviceMemory?: number;
    readonly userAgentData?: { readonly mobile: boolean };
  };
  return { memory: deviceMemory ?? null, mobile: userAgentData?.mobile ?? false };
}
