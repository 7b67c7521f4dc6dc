import { newSku, type Row, send } from "./shop.ts"

// Two people raise a price that both have read. `If-Match` keeps the second from undoing what the first did.
const { body: lamp } = await send("POST", "/products", { sku: newSku(), name: "Lamp", price: 20 })
const path = `/products/${lamp.id}`

const ann = await send("GET", path)
const bob = await send("GET", path)
const raise = (read: typeof ann, by: number) =>
  send<Row & { current?: Row }>(
    "PATCH",
    path,
    { price: read.body.price + by },
    { "if-match": read.headers.get("etag") as string },
  )

const first = await raise(ann, 1)
console.log(`Ann raises ${ann.body.price} by 1: ${first.status}, the price is ${first.body.price}`)

const late = await raise(bob, 5)
console.log(`Bob raises ${bob.body.price} by 5: ${late.status}, the price is ${late.body.current?.price}`)

const again = await raise(await send("GET", path), 5)
console.log(`Bob reads again, and raises by 5: ${again.status}, the price is ${again.body.price}`)
