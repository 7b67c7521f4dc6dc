import { type Browser, chromium, type Page } from "playwright-core"
import { atEnd } from "./at-end.ts"

const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

let browser: Promise<Browser> | undefined
atEnd(async () => {
  await (await browser)?.close()
  browser = undefined
})

/** What a page did besides showing itself. */
export interface Watched {
  page: Page
  /** Every URL that it asked for. */
  requests: string[]
  /** Errors of the console, of scripts, and of the content security policy. */
  errors: string[]
}

/** A page of its own in a real Chromium, with an eye on what it asks for and complains about. */
export async function openPage(): Promise<Watched> {
  browser ??= chromium.launch({ executablePath: "/usr/bin/chromium", args })
  const page = await (await browser).newPage({ viewport: { width: 1024, height: 768 } })
  page.setDefaultTimeout(60_000)
  const requests: string[] = []
  const errors: string[] = []
  page.on("request", (request) => requests.push(request.url()))
  page.on("requestfailed", (request) => errors.push(`${request.url()}: ${request.failure()?.errorText}`))
  page.on("pageerror", (error) => errors.push(error.message))
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      errors.push(`${message.location().url}: ${message.text()}`)
  })
  return { page, requests, errors }
}
