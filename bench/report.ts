import { create, type Dialect, type Figures, type Route, reads } from "./routes.ts"
import { serverNames } from "./servers.ts"

export const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}

const headings = ["route", "floor", "uncached", "ordinary", "cached", "/floor", "bar", "/ordinary", "bar", ""]

/** The report for a dialect: a table with requests/s, the product's ratios, their bars and whether they are met. */
export function report(dialect: Dialect, figures: Map<Route, Figures>): string {
  const rows = [...reads, create].flatMap((route) => {
    const routeFigures = figures.get(route)
    return routeFigures ? [row(route, dialect, routeFigures)] : []
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

/** The median of the rounds' own ratios: load that slows down a whole round does not change its ratio. */
const ratio = (ours: number[], theirs: number[]): number =>
  median(ours.map((value, i) => value / (theirs[i] ?? 0)))
const count = (perSecond: number): string => Math.round(perSecond).toLocaleString("en")

/** The spread of the rounds. A ratio closer to its bar than this is not significant. */
function noise(figures: Map<Route, Figures>): string {
  const spreads = [...figures].flatMap(([route, byServer]) =>
    serverNames.map((name) => ({
      label: `${name}, ${route.label}`,
      spread: (Math.max(...byServer[name]) - Math.min(...byServer[name])) / median(byServer[name]),
    })),
  )
  const worst = spreads.toSorted((a, b) => b.spread - a.spread)[0]
  const percent = (share: number) => `${Math.round(share * 100)} %`
  const typical = percent(median(spreads.map((s) => s.spread)))
  return `Spread of the rounds: ${typical} (median), ${percent(worst?.spread ?? 0)} at most (${worst?.label})`
}

/** A table in plain text: the first column is left-aligned, the others right-aligned. */
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
