/** The display of a command's progress. */
export interface Progress {
  /** Shows how much is done, in the unit of the total. */
  to(done: number): void
  end(): void
}

/** Time between two lines where there is no terminal, in milliseconds. */
const lineIntervalMs = 2_000

/** Shows progress as a share of `total`, in any unit: a bar on a terminal, else a line on stderr every 2 seconds. */
export async function progress(what: string, total: number): Promise<Progress> {
  if (process.stderr.isTTY) {
    const { MultiBar, Presets } = await import("cli-progress")
    const bars = new MultiBar(
      {
        format: `${what} {bar} {percentage} % · {eta_formatted} left`,
        hideCursor: true,
        clearOnComplete: true,
      },
      Presets.shades_classic,
    )
    const bar = bars.create(Math.max(total, 1), 0)
    return { to: (done) => bar.update(done), end: () => bars.stop() }
  }
  let next = performance.now() + lineIntervalMs
  return {
    to: (done) => {
      if (performance.now() < next) return
      next = performance.now() + lineIntervalMs
      console.error(`${what}: ${total ? Math.floor((100 * done) / total) : 100} %`)
    },
    end: () => {},
  }
}
