/** Where the links in mail lead, below the address of the app. `{token}` stands for the token. */
export interface MailLinks {
  /** Verifies an address. */
  verify: string
  /** Sets a new password. */
  reset: string
  /** Changes the address of an account. */
  email: string
  /** Makes the account that somebody is invited to. */
  invite: string
}

const defaults: MailLinks = {
  verify: "/verify?token={token}",
  reset: "/reset?token={token}",
  email: "/verify?token={token}",
  invite: "/invitation?token={token}",
}

/** The links of an API. Throws one line for one without a place for its token. */
export function mailLinksOf(options: Partial<MailLinks> = {}): MailLinks {
  const links = { ...defaults, ...options }
  for (const [name, path] of Object.entries(links))
    if (!/^\/[^\s{}]*\{token\}[^\s{}]*$/.test(path))
      throw new Error(`mailLinks: ${name} must be a path with {token} in it, such as /reset?token={token}`)
  return links
}

/** The address of a link. */
export const linkTo = (appUrl: string, path: string, token: string): string =>
  appUrl + path.replace("{token}", token)
