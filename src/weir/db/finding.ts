/** What an examination of a database finds. */
export interface Finding {
  /**
   * `refused`: answers would be wrong. `unwritable`: nothing can be written. A server starts with neither. `wrong`:
   * something is not as promised, or will fail. `note`: worth knowing.
   */
  level: "refused" | "unwritable" | "wrong" | "note"
  /** What is wrong, in one line. */
  what: string
  /** What to do about it. */
  remedy: string
}
