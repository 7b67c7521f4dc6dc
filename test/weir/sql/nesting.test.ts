import { readFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { type SQL, sql } from "drizzle-orm"
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core"
import Libsql from "libsql"
import { afterAll, expect, test } from "vitest"
import { api } from "../../../examples/tracker/api.ts"
import { defineApi, type Rule, resourcesOf, through } from "../../../src/weir/index.ts"
import { parseList, parseOne } from "../../../src/weir/query/parse.ts"
import { maxDepth } from "../../../src/weir/query/query.ts"
import type { Relation, Resource } from "../../../src/weir/resource/resource.ts"
import { compileList, compileOne } from "../../../src/weir/sql/select.ts"

/** How deep statements nest: libSQL's parser has a stack of 100, and D1 refuses expressions that are more than 100 deep. */
const schema = readFileSync(
  new URL("../../../examples/tracker/drizzle/sqlite/0000_init.sql", import.meta.url),
  "utf8",
).replaceAll("--> statement-breakpoint", "")
const libsql = new Libsql(":memory:")
libsql.exec(schema)
const likeD1 = new DatabaseSync(":memory:")
likeD1.exec(schema)
;(likeD1 as unknown as { limits: { exprDepth: number } }).limits.exprDepth = 100
afterAll(() => {
  libsql.close()
  likeD1.close()
})

function refusal(text: string): string | undefined {
  try {
    libsql.prepare(text)
    likeD1.prepare(text)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function paths(resource: Resource, depth: number): Relation[][] {
  if (depth === 0) return []
  return Object.values(resource.relations).flatMap((relation) => [
    [relation],
    ...paths(relation.target, depth - 1).map((path) => [relation, ...path]),
  ])
}
const nameOf = (path: Relation[]) => path.map(({ name }) => name).join(".")
const operandOf = ({ fields }: Resource) =>
  ["title", "name", "text", "username"].some((name) => name in fields)
    ? `${["title", "name", "text", "username"].find((name) => name in fields)}=x`
    : "id=1"
const filters = new Map(
  api.resources.map((resource) => [
    resource,
    paths(resource, maxDepth).map((path) => `${nameOf(path)}.${operandOf((path.at(-1) as Relation).target)}`),
  ]),
)
const filtersOf = (resource: Resource): string[] => filters.get(resource) as string[]

/** Compiles a list and a single read, and says which of them a database refuses. */
function refused(resource: Resource, search: string, single = true): string[] {
  const limit = 16_777_216
  const list = compileList(parseList(resource, "user", { search: `?limit=1&${search}` }, 1e9).query, {
    answerLimit: limit,
    measure: true,
  })
  const found = [refusal(list.text)]
  if (single) {
    const one = compileOne(resource, "user", parseOne(resource, "user", `?${search}`, 1e9).query, {
      answerLimit: limit,
      measure: true,
    })
    found.push(refusal(one.text))
  }
  return found.flatMap((message) => (message ? [`/${resource.name}?${search}: ${message}`] : []))
}

/** Of what follows, one in so many, so that the test ends in seconds. */
const stride = 151

test("every embed to the full depth is taken, alone and under a filter of the list", () => {
  const wrong: string[] = []
  let n = 0
  for (const resource of api.resources)
    for (const path of paths(resource, maxDepth)) {
      const include = `include=${nameOf(path)}`
      wrong.push(...refused(resource, include))
      for (const filter of filtersOf(resource))
        if (n++ % stride === 0) wrong.push(...refused(resource, `${include}&${filter}`, false))
    }
  expect(wrong).toEqual([])
}, 60_000)

test("a filter through relations on any list that is embedded is taken", () => {
  const wrong: string[] = []
  let n = 0
  for (const resource of api.resources)
    for (const path of paths(resource, maxDepth))
      for (const [i, { kind, target }] of path.entries()) {
        if (kind !== "many") continue
        const prefix = `include.${nameOf(path.slice(0, i + 1))}.`
        for (const filter of filtersOf(target))
          if (n++ % stride === 0)
            wrong.push(...refused(resource, `include=${nameOf(path)}&${prefix}${filter}`))
      }
  expect(n).toBeGreaterThan(1_000)
  expect(wrong).toEqual([])
}, 60_000)

test.each([
  ["organizations", "projects.issues.labels", "projects.issues.labels.issue.parent.assignee.username=x"],
  ["organizations", "projects.issues.children", "projects.issues.children.parent.parent.assignee.username=x"],
  ["issues", "children.children.children", "children.children.children.children.comments.author.username=x"],
  ["projects", "issues.children.children", "issues.children.children.labels.issue.author.username=x"],
  ["projects", "issues.children.children", "issues.children.children.parent.parent.author.username=x"],
])("the deepest: /%s with %s, filtered by %s and another", (name, include, filter) => {
  const resource = api.resources.find((one) => one.name === name) as Resource
  const search = `include=${include}&include.${filter}`
  const other = `include.${include}.${operandOf(pathOf(resource, include).target)}`
  expect([...refused(resource, search), ...refused(resource, `${search}&${other}`)]).toEqual([])
})

const pathOf = (resource: Resource, names: string): Relation =>
  paths(resource, maxDepth)
    .find((path) => nameOf(path) === names)
    ?.at(-1) as Relation

const posts = sqliteTable("posts", { id: integer("id").primaryKey(), title: text("title") })
const topics = sqliteTable("topics", { id: integer("id").primaryKey(), title: text("title") })
const postTopics = sqliteTable(
  "post_topics",
  {
    postId: integer("post_id").references(() => posts.id),
    topicId: integer("topic_id").references(() => topics.id),
  },
  (t) => [primaryKey({ columns: [t.postId, t.topicId] })],
)

test("the deepest through junctions on every step, under rules that look at the rows, is taken", () => {
  for (const database of [libsql, likeD1])
    for (const columns of ["posts (id, title)", "topics (id, title)", "post_topics (post_id, topic_id)"])
      database.exec(`create table ${columns}`)
  const titled: Rule<"id"> = (row): SQL =>
    sql`exists (select 1 from users u where u.id = ${row("id")} and (u.id > 0 or (u.id < 0 and u.id <> 1)))`
  const linking: Rule<"postId"> = (row) => sql`(${row("postId")} > 0 or ${row("postId")} is null)`
  const { resources } = defineApi({
    title: "Topics",
    version: "1",
    accounts: false,
    resources: resourcesOf(
      { posts, topics, postTopics },
      {
        posts: { read: titled, embed: { topics: through("postTopics", "topic") } },
        topics: { read: titled, embed: { posts: through("postTopics", "post") } },
        postTopics: { read: linking },
      },
    ),
  })
  const [resource] = resources as [Resource]
  const deep = "topics.posts.topics"
  const other = "posts.topics.posts"
  expect([
    ...refused(resource, `include=${deep}`),
    ...refused(resource, `include=${deep}&${deep}.title=x&topics.title=x`, false),
    ...refused(resource, `include=${deep}&include.${deep}.${other}.title=x&include.${deep}.title=x`),
    ...refused(
      resource,
      `include=${deep}&include.topics.${other}.title=x&include.topics.posts.${deep}.title=x`,
    ),
  ]).toEqual([])
})
