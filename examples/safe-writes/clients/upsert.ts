import { newSku, type Row, send } from "./shop.ts"

// A price list comes in again and again. What is new is created, what is known is changed: `sku` tells.
type Told = Row & { _created: boolean }
const [lamp, desk, chair] = [newSku(), newSku(), newSku()]
const put = async (list: { sku: string; name: string; price: number }[], more = "") => {
  const path = `/products?on_conflict=sku&fields=name,price,_created${more}`
  const { status, body } = await send<Told[]>("POST", path, list)
  const told = body.map(({ name, price, _created }) => `${name} ${price}${_created ? " (new)" : ""}`)
  console.log(`${status}: ${told.join(", ")}`)
}

await put([
  { sku: lamp, name: "Lamp", price: 20 },
  { sku: desk, name: "Desk", price: 120 },
])
await put([
  { sku: desk, name: "Desk", price: 110 },
  { sku: chair, name: "Chair", price: 80 },
])
await put([{ sku: lamp, name: "Lamp", price: 1 }], "&resolution=ignore")
