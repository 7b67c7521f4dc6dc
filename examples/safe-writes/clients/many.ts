import { newSku, type Row, send } from "./shop.ts"

// Many rows by one request: all of them, or none.
type Told = Row[] & { errors?: { path: string; message: string }[] }
const series = newSku()
const products = Array.from({ length: 500 }, (_, i) => ({
  sku: `${series}-${i}`,
  name: `Lamp ${series}`,
  price: i,
}))
const { status, body: made } = await send<Told>("POST", "/products", products)
console.log(`${status}: ${made.length} products`)

const wrong = await send<Told>("POST", "/products", [
  { ...products[0] },
  { sku: newSku(), name: "", price: -1 },
])
console.log(
  `${wrong.status}: ${wrong.body.errors?.map(({ path, message }) => `${path} ${message}`).join("; ")}`,
)

// Each row by a patch of its own, by its key.
const [first, second] = made as [Row, Row]
const each = await send<Row[]>("PATCH", "/products", [
  { id: second.id, price: 20 },
  { id: first.id, name: `Desk ${series}`, price: 10 },
])
console.log(
  `${each.status}: ${each.body.map(({ name, price }) => `${name.split(" ")[0]} ${price}`).join(", ")}`,
)

// And those that filters find, by one patch; or away with them.
const lamps = `name=${encodeURIComponent(`Lamp ${series}`)}`
const counted = async (method: string, path: string, json?: unknown) => {
  const { status, body } = await send<{ count?: number; detail?: string }>(method, path, json)
  console.log(`${method} ${status}: ${body.count ?? body.detail}`)
}
await counted("PATCH", `/products?${lamps}&price[gte]=400&max_affected=50`, { sold_out: true })
await counted("PATCH", `/products?${lamps}&price[gte]=400&max_affected=100`, { sold_out: true })
await counted("DELETE", `/products?${lamps}&sold_out=true`)
await counted("DELETE", "/products")
