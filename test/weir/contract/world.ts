// First, because in workerd it chooses the dialect, before a table is made.

import { afterEach, beforeEach } from "vitest"
import { fresh } from "#fresh"
import type { Api } from "../../../src/weir/api.ts"
import { passwordMark, tokens } from "../../../src/weir/auth/token.ts"
import { linkColumns } from "../../../src/weir/resource/junction.ts"
import type { Key } from "../../../src/weir/resource/key.ts"
import type { Relation, Resource } from "../../../src/weir/resource/resource.ts"
import { nobody as closed } from "../../../src/weir/resource/rules.ts"
import type { ViewerKind } from "../../../src/weir/resource/viewer.ts"
import { caller } from "../support/client.ts"
import { authSecret, type Fresh, type Subject } from "../support/fresh.ts"
import { cheapSecrets, Maker, type Person, type Samples, type Setting } from "../support/samples.ts"
import { conformanceOf } from "../support/witnessed.ts"

/** What a contract is held against, and how its rows are made where the fields alone do not tell. */
export interface Contract extends Subject {
  samples: Samples
}

/** An app over empty tables, with two people and one who may do everything; the same one without accounts. */
export interface ContractWorld extends Fresh, Setting {
  ann: Person
  bob: Person
  maker: Maker
}

/** A password's hash that nobody needs to know the password of. */
const hash = `$scrypt$ln=4,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`
const nobody: Person = { id: 0, token: undefined, row: {} }

/** The kind of viewer that may do most. */
export const topKind = ({ accounts }: Api): ViewerKind => (accounts ? "admin" : "anonymous")

/** The tables whose rows have paths. */
export const keyed = ({ resources }: Api): Resource[] =>
  resources.filter(({ keys, document }) => keys.length > 0 && document === undefined)

/** The collections of documents: their members are of no columns. */
export const collections = ({ resources }: Api): Resource[] =>
  resources.filter(({ document }) => document !== undefined)

/** Whether a relation is over the key of its source, so that the rows are listed below one. */
export const isOverKey = ({ local, source: { keys } }: Relation): boolean =>
  keys.length === local.length && keys.every((key) => local.includes(key))

/** The methods of a link of many to many. */
export function linkMethods(relation: Relation): string[] {
  const columns = linkColumns(relation)
  if (!columns || !isOverKey(relation) || columns.junction.softDelete) return []
  const { create, delete: remove } = columns.junction.rules
  return [...(create === closed ? [] : ["PUT"]), ...(remove === closed ? [] : ["DELETE"])]
}

async function contractWorld(contract: Contract): Promise<ContractWorld> {
  const app = await fresh({ subject: contract, readers: false })
  const plain = caller(app.app)
  const call = caller(app.app, await conformanceOf(app, plain))
  const setting: Setting = {
    ...app,
    call,
    root: nobody,
    kind: topKind(contract.api),
    people: [],
  }
  const maker = new Maker(setting, contract.samples)
  const { accounts, issuer } = contract.api
  if (!accounts) return { ...app, ...setting, ann: nobody, bob: nobody, maker }
  const signer = tokens(authSecret, issuer)
  const person = async (role: Record<string, unknown>): Promise<Person> => {
    const usable = accounts.disabled ? { [accounts.disabled.name]: null } : {}
    const given = { ...role, ...usable, [accounts.password.name]: hash }
    const row = await maker.insert(accounts.resource, given)
    const id = row[accounts.resource.keys[0] as string] as Key
    return { id, row, token: await signer.issue({ userId: id, passwordMark: passwordMark(hash) }) }
  }
  const other = accounts.role?.spec.values?.find((value) => value !== accounts.admin) ?? "user"
  const roleOf = (value: string) => (accounts.role ? { [accounts.role.name]: value } : {})
  const ann = await person(roleOf(other))
  const bob = await person(roleOf(other))
  setting.root = await person(roleOf(accounts.admin))
  setting.people.push(ann, bob)
  return { ...app, ...setting, ann, bob, maker }
}

/** A fresh world for each test of a suite. */
export function contractWorlds(contract: Contract): () => ContractWorld {
  cheapSecrets(contract.api)
  let w: ContractWorld
  beforeEach(async () => {
    w = await contractWorld(contract)
  })
  afterEach(() => w.close())
  return () => w
}
