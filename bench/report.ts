import { create, type Dialect, type Figures, type Route, reads } from "./routes.ts"
import { serverNames } from "./servers.ts"

export const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}

const headings = ["route", "floor", "uncached", "ordinary", "cached", "/floor", "bar", "/ordinary", "bar", ""]

/** The table of a dialect: requests/s, the product's ratios with their bars, and whether they are met. */
export function report(dialect: Dialect, figures: Map<Route, Figures>): string {
  const rows = [...reads, create].flatMap((route) => {
    const of = figures.get(route)
    return of ? [row(route, dialect, of)] : []
  })
  return `${table([headings, ...rows])}\n${noise(figures)}`
}

function row(route: Route, dialect: Dialect, figures: Figures): string[] {
  const toFloor = ratio(figures.product, figures.floor)
  const toOrdinary = ratio(figures.product, figures.ordinary)
  const floorBar = route.floorBar[dialect]
  const strict = route.ordinaryBar === 1
  const beats = strict ? toOrdinary > 1 : toOrdinary >= route.ordinaryBar
  return [
    route.label,
    ...serverNames.map((name) => count(median(figures[name]))),
    toFloor.toFixed(2),
    `>= ${floorBar.toFixed(2)}`,
    toOrdinary.toFixed(2),
    `${strict ? "> " : ">="} ${route.ordinaryBar}`,
    toFloor >= floorBar && beats ? "ok" : "MISSED",
  ]
}

/** The median of the rounds' own ratios: what slows a whole round down leaves its ratio alone. */
const ratio = (ours: number[], theirs: number[]): number =>
  median(ours.map((value, i) => value / (theirs[i] ?? 0)))
const count = (perSecond: number): string => Math.round(perSecond).toLocaleString("en")

/** How far the rounds of one figure lie apart: what is closer to a bar than this is not settled. */
function noise(figures: Map<Route, Figures>): string {
  const spreads = [...figures].flatMap(([route, of]) =>
    serverNames.map((name) => ({
      what: `${name}, ${route.label}`,
      spread: (Math.max(...of[name]) - Math.min(...of[name])) / median(of[name]),
    })),
  )
  const worst = spreads.toSorted((a, b) => b.spread - a.spread)[0]
  const percent = (share: number) => `${Math.round(share * 100)} %`
  const typical = percent(median(spreads.map((s) => s.spread)))
  return `Spread of the rounds: ${typical} (median), ${percent(worst?.spread ?? 0)} at most (${worst?.what})`
}

/** Plain columns: the first to the left, the rest to the right. */
function table(rows: string[][]): string {
  const widths = headings.map((_, i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0)))
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}
