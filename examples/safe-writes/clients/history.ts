import { setTimeout as sleep } from "node:timers/promises"
import { newSku, type Row, send } from "./shop.ts"

// What a product was, when, and how it comes back.
interface Version {
  version: number
  verb: string
  at: string
  row: Row
}
const { body: lamp } = await send("POST", "/products", { sku: newSku(), name: "Lamp", price: 20 })
const path = `/products/${lamp.id}`
const versions = async () => (await send<Version[]>("GET", `${path}/history`)).body
const tell = (list: Version[]) =>
  console.log(list.map(({ version, verb, row }) => `${version} ${verb} ${row.price}`).join(", "))

// Times are in milliseconds: the two versions shall not have the same.
await sleep(5)
await send("PATCH", path, { price: 17 })
const list = await versions()
tell(list)

const then = list.at(-1)?.at as string
const { body: was } = await send("GET", `${path}?as_of=${then}`)
console.log(`When it was new, it cost ${was.price}`)

const { status, body: now } = await send("PATCH", `${path}?from_version=1`)
console.log(`Restored: ${status}, it costs ${now.price}`)
tell(await versions())
