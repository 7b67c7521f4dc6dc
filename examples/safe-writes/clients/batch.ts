import { newSku, type Row, send } from "./shop.ts"

// Several operations in one transaction. Later ones name rows that earlier ones write.
interface Batch {
  results?: { id: string; status: number; body: { price?: number } }[]
  operation?: string
  errors?: { path: string }[]
}
const note = newSku()
const operations = [
  { id: "lamp", method: "POST", path: "/products", body: { sku: newSku(), name: "Lamp", price: 20 } },
  { id: "order", method: "POST", path: "/orders", body: { note } },
  {
    id: "line",
    method: "POST",
    path: "/lines",
    body: { order_id: { $ref: "order.id" }, product_id: { $ref: "lamp.id" }, quantity: 2 },
  },
  { id: "price", method: "PATCH", path: "/products/{lamp.id}", body: { price: 17 } },
]
const orders = async () => (await send<Row[]>("GET", `/orders?note=${note}`)).body.length

const last = { id: "bad", method: "PATCH", path: "/products/{lamp.id}", body: { price: -1 } }
const failed = await send<Batch>("POST", "/batch", { operations: [...operations, last] })
const places = failed.body.errors?.map(({ path }) => path)
console.log(`${failed.status} by "${failed.body.operation}" (${places}), orders: ${await orders()}`)

const done = await send<Batch>("POST", "/batch", { operations })
for (const { id, status } of done.body.results ?? []) console.log(`${id}: ${status}`)
console.log(`The lamp costs ${done.body.results?.at(-1)?.body.price}, orders: ${await orders()}`)
