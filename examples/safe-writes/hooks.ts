import { eq } from "drizzle-orm"
import { type AfterWrite, type BeforeCreate, Problem } from "#weir"
import type { lines } from "./schema/lines.ts"
import { mails } from "./schema/mails.ts"
import type { orders } from "./schema/orders.ts"
import { products } from "./schema/products.ts"

/** Refuses a line whose product is sold out. */
export async function onSale({ values, db }: BeforeCreate<typeof lines>): Promise<void> {
  const [product] = await db
    .select({ name: products.name, sold_out: products.sold_out })
    .from(products)
    // In a batch, the product may be one that the same batch makes: nobody knows its key yet.
    .where(eq(products.id, values.product_id ?? 0))
  if (product?.sold_out) throw new Problem("conflict", `${product.name} is sold out`)
}

/** Thanks for an order, once it is stored. */
export async function thanks({ row, db }: AfterWrite<typeof orders>): Promise<void> {
  await db.insert(mails).values({ owner_id: row.owner_id, text: `Thank you for order ${row.note ?? row.id}` })
}
