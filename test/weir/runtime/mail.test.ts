import { describe, expect, test } from "vitest"
import type { Api } from "../../../src/weir/api.ts"
import type { Mail, Sender, SendMail } from "../../../src/weir/mail/message.ts"
import { mailOf } from "../../../src/weir/runtime/mail.ts"
import { parseEnv, SettingError } from "../../../src/weir/runtime/settings.ts"
import { api } from "../auth/api/api.ts"
import { confirmed } from "../auth/api/confirmed.ts"
import { api as withoutTokens } from "../fixture/src/api.ts"

const production = { NODE_ENV: "production", APP_URL: "https://app.example.com/" }
const from = { MAIL_FROM: "Example <hello@example.com>" }
const mail: Mail = {
  to: "ann@example.com",
  subject: "Hello",
  text: "https://app.example.com/reset?token=abc",
}

/** What mail is sent with by these settings, what was logged, and what SMTP was opened with. */
function made(raw: Record<string, string>, of: Api = api, isWorker = false) {
  const lines: Record<string, unknown>[] = []
  const opened: { url: string; from: Sender }[] = []
  const smtp = (options: { url: string; from: Sender }): SendMail => {
    opened.push(options)
    return async () => {}
  }
  const service = mailOf(parseEnv(raw), of, {
    log: (line) => void lines.push(line),
    smtp: isWorker ? undefined : smtp,
  })
  return { service, lines, opened }
}

/** The one line with which a start ends. */
function failure(...given: Parameters<typeof made>): string {
  try {
    made(...given)
  } catch (error) {
    expect(error).toBeInstanceOf(SettingError)
    return (error as Error).message
  }
  throw new Error("It was taken")
}

describe("mail", () => {
  test("goes into the log in development, with links to this server", async () => {
    const { service, lines } = made({ PORT: "8080" })
    expect(service?.appUrl).toBe("http://localhost:8080")
    await service?.send(mail)
    expect(lines).toMatchObject([{ level: "info", link: "https://app.example.com/reset?token=abc" }])
  })

  test("is not sent in production without a setting, which the log says", () => {
    const { service, lines } = made(production)
    expect(service).toBeUndefined()
    expect(lines).toMatchObject([{ level: "warn", msg: expect.stringMatching(/^MAIL_URL is not set/) }])
  })

  test("is no matter where the accounts have no tokens", () => {
    expect(made({ ...production, MAIL_URL: "log:" }, withoutTokens)).toMatchObject({
      service: undefined,
      lines: [],
    })
  })

  test("goes by SMTP on Node, with links that have one slash", () => {
    const { service, opened } = made({ ...production, ...from, MAIL_URL: "smtps://u:p@mail.example.com" })
    expect(service?.appUrl).toBe("https://app.example.com")
    expect(opened).toEqual([
      { url: "smtps://u:p@mail.example.com", from: { name: "Example", address: "hello@example.com" } },
    ])
  })

  test("goes by a sender of one's own, in place of the settings', and is checked before", async () => {
    const sent: Mail[] = []
    const own: Api = { ...api, sendMail: async (one) => void sent.push(one) }
    const { service } = made({ ...production, MAIL_URL: "log:" }, own)
    await service?.send(mail)
    await expect(service?.send({ ...mail, to: "a@b.example\r\nBcc: c@d.example" })).rejects.toThrow("address")
    expect(sent).toEqual([mail])
  })

  test.each<[string, RegExp, Record<string, string>, Api?, boolean?]>([
    ["the log in production", /^MAIL_URL: log: is for development/, { ...production, MAIL_URL: "log:" }],
    [
      "SMTP in a Worker",
      /^MAIL_URL: a Worker cannot send by SMTP/,
      { ...from, MAIL_URL: "smtp://h" },
      api,
      true,
    ],
    ["no sender", /^MAIL_FROM: is required/, { MAIL_URL: "smtp://h" }],
    ["no token", /^MAIL_TOKEN: is required/, { ...from, MAIL_URL: "https://api.resend.com/emails" }],
    [
      "no APP_URL in production",
      /^APP_URL: is required/,
      { NODE_ENV: "production", ...from, MAIL_URL: "smtp://h" },
    ],
    ["nothing to confirm accounts with", /^MAIL_URL: is required in production/, production, confirmed],
    ["another scheme", /^MAIL_URL: must be log:, smtp:/, { MAIL_URL: "ftp://h" }],
    ["a service without TLS", /^MAIL_URL: must be log:, smtp:/, { MAIL_URL: "http://mail.example.com/" }],
    ["a sender of two lines", /^MAIL_FROM: must be/, { MAIL_FROM: "A\r\nBcc: b@c.example <d@e.example>" }],
    ["a token of two words", /^MAIL_TOKEN: must be one word/, { MAIL_TOKEN: "a b" }],
    ["a page with a query", /^APP_URL: must be an address/, { APP_URL: "https://app.example.com/?a=b" }],
  ])("is refused at start with one line: %s", (_, line, raw, of, isWorker) => {
    expect(failure(raw, of, isWorker)).toMatch(line)
  })
})
