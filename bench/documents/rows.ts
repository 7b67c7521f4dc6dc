import { join } from "node:path"
import { run } from "../processes.ts"

/** How many rows a table has, and how many documents a collection. */
export const rowCount = 1_000_000
export const userCount = 1_000
const colorCount = 1_000
/** Widths are this far apart, and each is there once. */
const widthStep = 0.1

/** The key of the document that has the members of an item: as long as those that the server makes. */
export const documentKey = (item: number): string => `02oZ3kT9xJ${String(item).padStart(12, "0")}`

export const colorOf = (item: number): string => `color${item % colorCount}`

/** Words of which each is in one row of a hundred, and two together in one of ten thousand. */
export const wordsOf = (item: number): [string, string] => [
  `alpha${item % 100}`,
  `beta${Math.floor(item / 100) % 100}`,
]

/** A range of widths that so many rows are in. */
export const widthsFrom = (item: number, rows: number): [least: string, below: string] => [
  (item * widthStep).toFixed(1),
  ((item + rows) * widthStep).toFixed(1),
]

/** Fills a database in a child process, since the tables choose their dialect when they are loaded. */
export const fill = (url: string): Promise<string> =>
  run(process.execPath, [join(import.meta.dirname, "fill.ts")], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
  })
