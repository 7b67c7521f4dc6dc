import { anyone, hashPassword, nobody, owner, resource, self, signedIn, through, verifyPassword } from "#weir"
import { onSale, thanks } from "./hooks.ts"
import * as lines from "./schema/lines.ts"
import * as mails from "./schema/mails.ts"
import * as orders from "./schema/orders.ts"
import * as products from "./schema/products.ts"
import * as users from "./schema/users.ts"

const ofOwnOrder = through("order", owner)

export const resources = [
  resource(users, {
    read: self,
    create: anyone,
    fields: {
      hashed_password: {
        read: nobody,
        secret: {
          as: "password",
          confirm: "current_password",
          min: 8,
          max: 200,
          hash: hashPassword,
          verify: verifyPassword,
        },
      },
    },
  }),
  // To keep the example short, who is signed in may change any product.
  resource(products, {
    read: anyone,
    create: signedIn,
    update: signedIn,
    delete: signedIn,
    upsert: ["sku"],
    bulk: true,
    history: true,
  }),
  resource(orders, {
    read: owner,
    create: signedIn,
    delete: owner,
    fields: { owner_id: { write: nobody, initially: (viewer) => viewer.id } },
    embed: { lines: { create: true } },
    after: { create: thanks },
  }),
  resource(lines, {
    read: ofOwnOrder,
    create: ofOwnOrder,
    delete: ofOwnOrder,
    embed: { product: {} },
    before: { create: onSale },
  }),
  resource(mails, { read: owner }),
]
