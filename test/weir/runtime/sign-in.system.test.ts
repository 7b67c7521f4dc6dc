import { createHash, randomBytes } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openPage } from "../support/browser.ts"
import { authSecret, httpCaller } from "../support/http.ts"
import { type Issuer, IssuerServer, issuerAt } from "../support/issuer.ts"
import { accountsApi, type NodeServer, startNode, tempFolder } from "../support/node-server.ts"
import { client } from "../support/provider.ts"

const issuers = new IssuerServer()
/** The page of an app, where a sign-in ends. */
const app = createServer((_request, response) => response.end("signed in"))
let issuer: Issuer
let server: NodeServer
let redirectUri: string

beforeAll(async () => {
  issuer = await issuerAt(await issuers.start())
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve))
  redirectUri = `http://127.0.0.1:${(app.address() as AddressInfo).port}/done`
  server = await startNode(
    {
      AUTH_SECRET: authSecret,
      AUTH_ISSUERS: JSON.stringify([{ issuer: issuer.url, audience: "weir", create: true }]),
      AUTH_PROVIDERS: JSON.stringify([{ name: "own", ...client, issuer: issuer.url }]),
      AUTH_REDIRECTS: redirectUri,
    },
    tempFolder(),
    accountsApi,
  )
})
afterAll(async () => {
  await server.stop()
  await issuers.close()
  app.closeAllConnections()
  await new Promise((resolve) => app.close(resolve))
})

test("a browser signs in with a provider, and the issuer's tokens are then of the same account", async () => {
  await issuer.behave({ person: { sub: "7", email: "new@example.com", email_verified: true } })
  const verifier = randomBytes(32).toString("base64url")
  const query = new URLSearchParams({
    redirect_uri: redirectUri,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    state: "mine",
  })
  const { page } = await openPage()
  await page.goto(`${server.url}/auth/sign-in/own?${query}`)
  const back = new URL(page.url())
  expect(`${back.origin}${back.pathname}`).toBe(redirectUri)
  expect(back.searchParams.get("state")).toBe("mine")
  const call = httpCaller(server.url)
  const answer = await call("POST", "/auth/token", {
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  })
  expect(answer.status, answer.text).toBe(200)
  const { access_token } = answer.body as { access_token: string }
  const own = await call("GET", "/people/me", { token: access_token })
  expect(own.body).toMatchObject({ email: "new@example.com" })
  const issued = await call("GET", "/people/me", { token: await issuer.sign({ claims: { sub: "7" } }) })
  expect(issued.body).toMatchObject({ id: (own.body as { id: number }).id })
  // Neither the provider's secret nor a code is in the log.
  expect(server.stdout()).toContain('"sign_in":"ok"')
  expect(server.stdout()).not.toContain(client.client_secret)
  expect(server.stdout()).not.toContain(back.searchParams.get("code"))
})
