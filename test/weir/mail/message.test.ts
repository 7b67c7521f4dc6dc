import { describe, expect, test } from "vitest"
import { logSender } from "../../../src/weir/mail/log.ts"
import {
  inOneLine,
  isAddress,
  type Mail,
  readSender,
  safely,
  senderText,
} from "../../../src/weir/mail/message.ts"

const mail: Mail = {
  to: "ann@example.com",
  subject: "Hello",
  text: "Open https://app.example.com/reset?token=abc\n",
}

describe("an address", () => {
  test.each(["ann@example.com", "ann+news@example.com", "änn@exämple.com", "o'neil@example.com"])(
    "is %s",
    (text) => {
      expect(isAddress(text)).toBe(true)
    },
  )

  test.each([
    "ann",
    "ann@example.com, eve@example.com",
    "ann@example.com;eve@example.com",
    "Ann <ann@example.com>",
    "ann@example.com\r\nBcc: eve@example.com",
    "ann@example.com\u0000",
    "ann@example.com\u0085",
    '"a b"@example.com',
    "ann@eve@example.com",
    `${"a".repeat(250)}@example.com`,
  ])("is not %j", (text) => {
    expect(isAddress(text)).toBe(false)
  })
})

describe("a sender", () => {
  test.each([
    ["hello@example.com", "hello@example.com"],
    ["Example, Inc. <hello@example.com>", '"Example, Inc." <hello@example.com>'],
    ['"Example" <hello@example.com>', '"Example" <hello@example.com>'],
  ])("is read from %s", (text, written) => {
    const sender = readSender(text)
    expect(sender && senderText(sender)).toBe(written)
  })

  test.each([
    "Example",
    "Example <hello@example.com>, eve@example.com",
    "Example\r\nBcc: eve@example.com <hello@example.com>",
    'Ex"ample <hello@example.com>',
    "<hello@example.com> <eve@example.com>",
  ])("is not %j", (text) => {
    expect(readSender(text)).toBeUndefined()
  })
})

describe("a mail", () => {
  test.each<[string, Partial<Mail>]>([
    ["several addresses", { to: "ann@example.com,eve@example.com" }],
    ["a header in its address", { to: "ann@example.com\r\nBcc: eve@example.com" }],
    ["a header in its subject", { subject: "Hello\r\nBcc: eve@example.com" }],
    ["a line break in its subject", { subject: "Hello\nthere" }],
  ])("with %s is not sent", async (_, part) => {
    const sent: Mail[] = []
    const send = safely(async (one) => void sent.push(one))
    await expect(send({ ...mail, ...part })).rejects.toThrow(/^The (address|subject) of the mail/)
    expect(sent).toEqual([])
    await send(mail)
    expect(sent).toEqual([mail])
  })

  test("has a subject of one line, whatever a title holds", () => {
    expect(inOneLine("My\r\n API\u2028 ")).toBe("My API")
  })

  test("is one line of the log in development, with its link", async () => {
    const lines: Record<string, unknown>[] = []
    await logSender((line) => void lines.push(line))(mail)
    const link = "https://app.example.com/reset?token=abc"
    expect(lines).toEqual([
      { level: "info", msg: `A mail to ann@example.com: ${link}`, mail: mail.to, subject: "Hello", link },
    ])
  })
})
