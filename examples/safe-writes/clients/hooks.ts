import { setTimeout as sleep } from "node:timers/promises"
import { newSku, type Row, send } from "./shop.ts"

// `hooks.ts` of the API refuses lines of what is sold out, and thanks for each order.
type Refusable = Row & { detail?: string }
const { body: lamp } = await send("POST", "/products", { sku: newSku(), name: "Lamp", price: 20 })
const note = newSku()
const order = () =>
  send<Refusable>("POST", "/orders", { note, lines: [{ product_id: lamp.id, quantity: 1 }] })

await send("PATCH", `/products/${lamp.id}`, { sold_out: true })
const refused = await order()
console.log(`${refused.status}: ${refused.body.detail}`)

await send("PATCH", `/products/${lamp.id}`, { sold_out: false })
console.log(`${(await order()).status}`)

// The answer does not wait for what comes after the write.
const mails = async () => (await send<{ text: string }[]>("GET", `/mails?text[contains]=${note}`)).body
while ((await mails()).length === 0) await sleep(20)
console.log((await mails()).map(({ text }) => text.replace(note, "…")).join("\n"))
