/** What takes longer by itself is not quick, in milliseconds. */
const quick = 2
/** A statement's latest uses, of which the quickest counts: what was in the way of the others says nothing of it. */
const uses = 64

/** How long a statement takes, as far as it is known. */
export class Pace {
  isQuick = false
  private quickest = Number.POSITIVE_INFINITY
  private left = 4

  add(ms: number): void {
    this.quickest = Math.min(this.quickest, ms)
    if (--this.left > 0) return
    this.isQuick = this.quickest <= quick
    this.quickest = Number.POSITIVE_INFINITY
    this.left = uses
  }
}
