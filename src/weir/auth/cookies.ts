import { parse, serialize } from "hono/utils/cookie"
import type { AppContext } from "../http/context.ts"
import { Problem } from "../problem.ts"
import type { TokenAnswer } from "./sessions.ts"

/** The cookies of a session: scripts see neither, and the second is sent to the routes of signing in alone. */
const names = { access: "weir_access", refresh: "weir_refresh" } as const

/** A session's token that the browser has sent in a cookie. */
export function cookieOf(c: AppContext, which: keyof typeof names): string | undefined {
  return sentCookie(c, nameOf(c, which))
}

/** A cookie that the browser has sent. */
export function sentCookie(c: AppContext, name: string): string | undefined {
  const header = c.req.header("cookie")
  return header?.includes(name) ? parse(header, name)[name] || undefined : undefined
}

/** A cookie that no script sees, and no page of another site sends along with a change. */
export const hiddenCookie = (
  name: string,
  value: string,
  options: { path: string; maxAge: number; secure: boolean; sameSite?: "Strict" },
): string => serialize(name, value, { httpOnly: true, sameSite: "Lax", ...options })

const pathOf = (c: AppContext, which: keyof typeof names): string =>
  `${c.get("basePath")}${which === "access" ? "/" : "/auth"}`

/** A browser takes a `Secure` cookie over TLS, and from this machine. */
const isPlainLocal = (url: string): boolean => /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(url)

/**
 * A cookie's name, with a prefix that the browser holds it to (RFC 6265bis, 4.1.3): no host but this one plants it, or none
 * without TLS where its path is another than `/`.
 */
function nameOf(c: AppContext, which: keyof typeof names): string {
  if (isPlainLocal(c.req.url)) return names[which]
  return `${pathOf(c, which) === "/" ? "__Host-" : "__Secure-"}${names[which]}`
}

function cookie(c: AppContext, which: keyof typeof names, value: string, maxAge: number): string {
  return hiddenCookie(nameOf(c, which), value, {
    secure: !isPlainLocal(c.req.url),
    path: pathOf(c, which),
    maxAge,
    ...(which === "access" ? {} : { sameSite: "Strict" }),
  })
}

/** Puts the tokens of an answer into cookies. `sessionSeconds` is how long the session lasts. */
export function setCookies(
  c: AppContext,
  response: Response,
  { access_token, expires_in, refresh_token = "" }: TokenAnswer,
  sessionSeconds: number,
): void {
  response.headers.append("set-cookie", cookie(c, "access", access_token, expires_in))
  response.headers.append("set-cookie", cookie(c, "refresh", refresh_token, sessionSeconds))
}

/** Has the browser forget its session. */
export function clearCookies(c: AppContext, response: Response): void {
  for (const which of ["access", "refresh"] as const)
    response.headers.append("set-cookie", cookie(c, which, "", 0))
}

/**
 * Throws a 403 for a change that a page of another site asks for by a browser that sends its cookies along: by
 * `Sec-Fetch-Site` (Fetch Metadata), or by `Origin` where a browser has none. What says neither is no browser. `origins` may
 * ask for changes as well.
 */
export function requireOwnSite(c: AppContext, origins: readonly string[]): void {
  const site = c.req.header("sec-fetch-site")
  const origin = c.req.header("origin")
  if (site === "same-origin" || (site === undefined && origin === undefined)) return
  if (origin !== undefined && origins.includes(origin)) return
  if (site === undefined && origin !== undefined && isOwn(c, origin)) return
  throw new Problem(
    "cross_site",
    "A page of another site may not change anything by this browser's session: CORS_ORIGINS names those that may",
  )
}

/** Whether an origin is the host that the request was sent to. */
const isOwn = (c: AppContext, origin: string): boolean =>
  URL.canParse(origin) && new URL(origin).host === c.req.header("host")
