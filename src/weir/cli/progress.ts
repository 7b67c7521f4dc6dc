/** How far a command has come: a bar on a terminal, a line every few seconds elsewhere. */
export interface Progress {
  to(done: number): void
  end(): void
}

const every = 2_000

/** `total` in the same unit as what is done; it is shown as a share. */
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
  let next = performance.now() + every
  return {
    to: (done) => {
      if (performance.now() < next) return
      next = performance.now() + every
      console.error(`${what}: ${total ? Math.floor((100 * done) / total) : 100} %`)
    },
    end: () => {},
  }
}
