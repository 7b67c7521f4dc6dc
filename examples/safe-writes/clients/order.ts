import { newSku, type Row, send } from "./shop.ts"

// An order and its lines are created together, or not at all.
interface Order {
  id: number
  lines: { quantity: number }[]
  errors?: { path: string; message: string }[]
}
const { body: lamp } = await send("POST", "/products", { sku: newSku(), name: "Lamp", price: 20 })
const { body: desk } = await send("POST", "/products", { sku: newSku(), name: "Desk", price: 120 })

const note = newSku()
const order = (quantity: number) => ({
  note,
  lines: [
    { product_id: lamp.id, quantity: 2 },
    { product_id: desk.id, quantity },
  ],
})
const wrong = await send<Order>("POST", "/orders", order(0))
console.log(`${wrong.status}: ${wrong.body.errors?.map(({ path }) => path)}`)
const { body: none } = await send<Row[]>("GET", `/orders?note=${note}`)
console.log(`Orders: ${none.length}`)

const made = await send<Order>("POST", "/orders", order(1))
console.log(`${made.status}: an order of ${made.body.lines.length} lines`)
