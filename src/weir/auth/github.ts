import { type Answer, FetchFailure, fetchBounded, objectOf } from "../lib/bounded-fetch.ts"
import { type Person, ProviderRefusal, verifiedAddress } from "./person.ts"

const maxBytes = 262_144

/** Who has signed in with GitHub, or with a server that speaks as it does: by its number, since names change hands. */
export async function githubPerson(
  { access_token: token }: Record<string, unknown>,
  issuer: string,
  userinfo: string,
  signal: AbortSignal,
): Promise<Person> {
  if (typeof token !== "string") throw new ProviderRefusal("has sent no access token")
  const headers = {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${token}`,
    "user-agent": "weir",
  }
  const ask = (url: string) => fetchBounded(url, { headers, maxBytes, signal })
  const [user, emails] = await Promise.all([ask(userinfo), ask(`${userinfo}/emails`)])
  const { id, login, name } = objectOf(user)
  if (!Number.isSafeInteger(id)) throw new ProviderRefusal("has not said who has signed in")
  const names = [login, name].filter((one): one is string => typeof one === "string")
  return { issuer, subject: String(id), email: primaryOf(emails), names }
}

/** The primary address, where it is verified. An app that may not read addresses is told of none. */
function primaryOf(answer: Answer): string | undefined {
  if (answer.status === 403 || answer.status === 404) return undefined
  const { list } = objectOf({ ...answer, text: `{"list":${answer.text}}` })
  if (!Array.isArray(list)) throw new FetchFailure("answers with something that is no list of addresses")
  const primary = list.find((one) => one?.primary === true)
  return verifiedAddress(primary?.email, primary?.verified)
}
