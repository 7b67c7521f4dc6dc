import { newSku, type Row, send } from "./shop.ts"

// `Prefer: tx=rollback`: what would come of it? The write is done, answered and undone.
const { body: lamp } = await send("POST", "/products", { sku: newSku(), name: "Lamp", price: 20 })
const rehearsed = { prefer: "tx=rollback" }

const cheaper = await send("PATCH", `/products/${lamp.id}`, { price: 15 }, rehearsed)
console.log(`${cheaper.status} ${cheaper.headers.get("preference-applied")}: ${cheaper.body.price}`)
console.log(`the price is ${(await send("GET", `/products/${lamp.id}`)).body.price}`)

// An import, tried before it is made: the first answer names what is wrong, and leaves nothing.
const sku = newSku()
const list = [
  { sku, name: "Desk", price: 120 },
  { sku, name: "Chair", price: 80 },
]
const tried = await send<Row[] & { errors?: { path: string; message: string }[] }>(
  "POST",
  "/products",
  list,
  rehearsed,
)
console.log(
  `${tried.status}: ${tried.body.errors?.map(({ path, message }) => `${path} ${message}`).join("; ")}`,
)

const right = [list[0], { ...list[1], sku: newSku() }]
const again = await send<Row[]>("POST", "/products", right, rehearsed)
console.log(`${again.status}: ${again.body.map(({ name }) => name).join(", ")}`)
console.log(`there are ${(await send<Row[]>("GET", `/products?sku=${sku}`)).body.length} of them`)
