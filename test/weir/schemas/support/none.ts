/** Throws where something is wrong, and shows the first of it. */
export function expectNone(faults: readonly unknown[]): void {
  if (faults.length === 0) return
  const shown = faults.slice(0, 5).map((fault) => JSON.stringify(fault).slice(0, 800))
  throw new Error(`${faults.length} wrong: ${shown.join("\n")}`)
}
