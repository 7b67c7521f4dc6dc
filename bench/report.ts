import { create, type Dialect, type Figures, type Route, reads } from "./routes.ts"
import { type ServerName, serversOf } from "./servers.ts"

export const median = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}

/** The servers' names in the headings, where they differ. */
const titles: Partial<Record<ServerName, string>> = { product: "uncached" }

function headingsOf(dialect: Dialect): string[] {
  const servers = serversOf(dialect).map((name) => titles[name] ?? name)
  const plain = dialect === "postgres" ? ["/plain", "bar"] : []
  return ["route", ...servers, "/floor", "bar", ...plain, "/ordinary", "bar", ""]
}

/** The report for a dialect: a table with requests/s, the product's ratios, their bars and whether they are met. */
export function report(dialect: Dialect, figures: Map<Route, Figures>): string {
  const rows = [...reads, create].flatMap((route) => {
    const routeFigures = figures.get(route)
    return routeFigures ? [row(route, dialect, routeFigures)] : []
  })
  return `${table([headingsOf(dialect), ...rows])}\n${noise(figures)}`
}

function row(route: Route, dialect: Dialect, figures: Figures): string[] {
  const toFloor = ratio(figures, "floor")
  const toOrdinary = ratio(figures, "ordinary")
  const toPlain = ratio(figures, "plain")
  const floorBar = route.floorBar[dialect]
  const strict = route.ordinaryBar === 1
  const beats = strict ? toOrdinary > 1 : toOrdinary >= route.ordinaryBar
  const plainBar = dialect === "postgres" ? route.plainBar : undefined
  const barOfPlain = plainBar === undefined ? "" : `>= ${plainBar.toFixed(2)}`
  return [
    route.label,
    ...serversOf(dialect).map((name) => count(median(figures[name] ?? []))),
    toFloor.toFixed(2),
    `>= ${floorBar.toFixed(2)}`,
    ...(dialect === "postgres" ? [toPlain.toFixed(2), barOfPlain] : []),
    toOrdinary.toFixed(2),
    `${strict ? "> " : ">="} ${route.ordinaryBar}`,
    toFloor >= floorBar && beats && (plainBar === undefined || toPlain >= plainBar) ? "ok" : "MISSED",
  ]
}

/** The median of the rounds' own ratios: load that slows down a whole round does not change its ratio. */
const ratio = (figures: Figures, to: ServerName): number =>
  median(figures.product.map((value, i) => value / (figures[to]?.[i] ?? 0)))
const count = (perSecond: number): string => Math.round(perSecond).toLocaleString("en")

/** The spread of the rounds. A ratio closer to its bar than this is not significant. */
function noise(figures: Map<Route, Figures>): string {
  const spreads = [...figures].flatMap(([route, byServer]) =>
    Object.entries(byServer).map(([name, values]) => ({
      label: `${name}, ${route.label}`,
      spread: (Math.max(...values) - Math.min(...values)) / median(values),
    })),
  )
  const worst = spreads.toSorted((a, b) => b.spread - a.spread)[0]
  const percent = (share: number) => `${Math.round(share * 100)} %`
  const typical = percent(median(spreads.map((s) => s.spread)))
  return `Spread of the rounds: ${typical} (median), ${percent(worst?.spread ?? 0)} at most (${worst?.label})`
}

/** A table in plain text: the first column is left-aligned, the others right-aligned. */
function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0)))
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}
