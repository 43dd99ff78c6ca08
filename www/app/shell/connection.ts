/** The Network Information API, which only some browsers have. */
interface Connection {
  readonly saveData?: boolean;
  readonly type?: string;
  readonly effectiveType?: string;
}

/** Whether what nobody has asked for is better not fetched: the person saves data, pays for it, or has little. */
export function isMetered(): boolean {
  const { connection } = navigator as Navigator & { readonly connection?: Connection };
  if (!connection) return false;
  const { saveData, type, effectiveType } = connection;
  return saveData === true || type === 'cellular' || /^(slow-)?[23]g$/.test(effectiveType ?? '');
}
