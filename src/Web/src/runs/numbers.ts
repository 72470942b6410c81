/** A rate in percent, rounded so that 100 means all of them. */
export function passRate(passed: number, of: number): string {
  if (of <= 0) return '–';
  if (passed === of) return '100';
  return Math.min(99.9, Math.floor((passed / of) * 1000) / 10).toFixed(1);
}
