import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { beforeAll, describe, expect, test } from "vitest"
import { type CreationOptions, type RequestOptions, SoftPasskey } from "../support/authenticator.ts"
import { openPage } from "../support/browser.ts"
import { authSecret, httpCaller } from "../support/http.ts"
import { accountsApi, type NodeServer, startNode, tempFolder } from "../support/node-server.ts"
import { migrateD1, startWrangler } from "../support/wrangler-server.ts"

/** Notes each file that is loaded of the library. */
const noting = `import { appendFileSync } from "node:fs"
import { registerHooks } from "node:module"
registerHooks({
  load(url, context, next) {
    if (url.includes("@simplewebauthn")) appendFileSync(process.env.LOADED, url + "\\n")
    return next(url, context)
  },
})
`

/** A server, and what it has loaded of the library so far. */
async function noted(api?: string): Promise<{ server: NodeServer; loaded(): string }> {
  const folder = tempFolder()
  const [hook, LOADED] = [join(folder, "hook.mjs"), join(folder, "loaded")]
  writeFileSync(hook, noting)
  writeFileSync(LOADED, "")
  const NODE_OPTIONS = `--import ${pathToFileURL(hook).href}`
  const server = await startNode({ AUTH_SECRET: authSecret, NODE_OPTIONS, LOADED }, folder, api)
  return { server, loaded: () => readFileSync(LOADED, "utf8") }
}

/** What the manual has a page do. */
const manual = readFileSync(join(import.meta.dirname, "../../../docs/passkeys.md"), "utf8")
const [, script = ""] = /^```js\n([\s\S]*?)^```$/m.exec(manual) ?? []

const person = { email: "ann@example.com", username: "ann", password: "a lantern in the fog" }

describe("a browser", () => {
  let server: NodeServer
  let loaded: () => string
  beforeAll(async () => {
    ;({ server, loaded } = await noted(accountsApi))
  })

  test("makes a passkey and signs in with it, as the manual says, and the library is loaded then", async () => {
    const call = httpCaller(server.url)
    expect((await call("POST", "/people", { json: person })).status).toBe(201)
    const { page } = await openPage()
    const browser = await page.context().newCDPSession(page)
    await browser.send("WebAuthn.enable")
    const { authenticatorId } = await browser.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    await page.goto(`http://localhost:${server.port}/docs`)
    const run = <T>(work: string) => page.evaluate<T>(`(async () => { ${script}; return ${work} })()`)
    const form = new URLSearchParams({ username: "ann", password: person.password }).toString()
    const signedIn = await call("POST", "/auth/token", {
      body: form,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    })
    const { access_token } = signedIn.body as { access_token: string }
    expect(loaded()).toBe("")
    const args = [access_token, person.password, "Laptop"].map((text) => JSON.stringify(text)).join()
    const added = await run<Record<string, unknown>>(`await addPasskey(${args})`)
    expect(added).toMatchObject({ name: "Laptop", transports: ["internal"], last_used_at: null })
    expect(loaded()).toContain("@simplewebauthn/server")
    // The same authenticator is asked for no second one.
    await expect(run(`await addPasskey(${args})`)).rejects.toThrow(/InvalidStateError|already registered/)

    for (let i = 0; i < 2; i++) {
      const { access_token: token } = await run<{ access_token: string }>("await signInWithPasskey()")
      const own = await call("GET", "/people/me", { token })
      expect(own.body).toMatchObject({ email: person.email })
    }
    const { credentials } = await browser.send("WebAuthn.getCredentials", { authenticatorId })
    expect(credentials).toMatchObject([
      { rpId: "localhost", isResidentCredential: true, userHandle: Buffer.from("1").toString("base64") },
    ])
    // An authenticator that asks nobody for a finger is of no use.
    await browser.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false })
    await expect(run("await signInWithPasskey()")).rejects.toThrow(/NotAllowedError|not allowed/)
    expect(await server.stop()).toBe(0)
  })
})

test("a Worker, bundled as it is deployed, adds a passkey and signs in with it", async () => {
  const folder = tempFolder()
  const config = ["--config", join(accountsApi, "wrangler.toml")]
  await migrateD1(folder, ...config)
  const variables = { NODE_ENV: "development", AUTH_SECRET: authSecret }
  const worker = await startWrangler(folder, variables, { args: config })
  const call = httpCaller(worker.url)
  const sendForm = (values: Record<string, string>) =>
    call("POST", "/auth/token", {
      body: new URLSearchParams(values).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    })
  expect((await call("POST", "/people", { json: person })).status).toBe(201)
  const signedIn = await sendForm({ username: "ann", password: person.password })
  const { access_token: token } = signedIn.body as { access_token: string }
  const json = { current_password: person.password }
  const begun = await call("POST", "/auth/passkeys/options", { token, json })
  const { options } = begun.body as { options: CreationOptions }
  // The page is at the name of this machine, wherever the request was sent to.
  const page = { origin: `http://localhost:${worker.port}` }
  const key = await SoftPasskey.make()
  const response = await key.create(options, page)
  const added = await call("POST", "/auth/passkeys", { token, json: { name: "Laptop", response } })
  expect(added.status, added.text).toBe(201)
  const request = (await call("POST", "/auth/passkey-options")).body as RequestOptions
  const credential = JSON.stringify(await key.get(request, page))
  const grant_type = "urn:weir:params:oauth:grant-type:passkey"
  const answers = [await sendForm({ grant_type, credential }), await sendForm({ grant_type, credential })]
  expect(answers.map(({ status }) => status)).toEqual([200, 400])
  await worker.stop()
})

test("a server without passkeys starts, and signs in, without the library", async () => {
  const { server, loaded } = await noted()
  const call = httpCaller(server.url)
  expect((await call("POST", "/users", { json: person })).status).toBe(201)
  expect((await call("POST", "/auth/passkey-options")).status).toBe(404)
  expect(loaded()).toBe("")
  expect(await server.stop()).toBe(0)
})
