import { foreignKey, index, integer, primaryKey, sqliteTable, text, unique } from "drizzle-orm/sqlite-core"

/** Junctions of every form: of a composite key, of a key of its own, without anything unique, of a table with itself. */
export const people = sqliteTable("todo_person", {
  id: text("id").primaryKey(),
  email: text("email").notNull().unique(),
  role: text("role").notNull().default("user"),
  shadow: text("shadow").notNull(),
})

export const projects = sqliteTable("todo_project", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  name: text("name").notNull(),
})

export const tasks = sqliteTable("todo_task", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  title: text("title").notNull(),
  open: integer("is_open", { mode: "boolean" }).notNull().default(true),
  ownerId: text("owner_id")
    .notNull()
    .references(() => people.id),
  projectId: integer("project_id").references(() => projects.id),
})

export const tags = sqliteTable("todo_tag", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  secret: integer("is_secret", { mode: "boolean" }).notNull().default(false),
})

export const taskTags = sqliteTable(
  "todo_task_tag",
  {
    taskId: integer("task_id")
      .notNull()
      .references(() => tasks.id, { onDelete: "cascade" }),
    tagId: text("tag_id")
      .notNull()
      .references(() => tags.id),
    note: text("note"),
    place: integer("place").notNull().default(7),
    buried: integer("is_buried", { mode: "boolean" }).notNull().default(false),
    addedBy: text("added_by").references(() => people.id),
    addedAt: integer("added_at", { mode: "timestamp_ms" }).$defaultFn(() => new Date()),
  },
  (t) => [primaryKey({ columns: [t.taskId, t.tagId] }), unique().on(t.taskId, t.place, t.note)],
)

export const taskWatchers = sqliteTable(
  "todo_watcher",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    taskId: integer("task_id")
      .notNull()
      .references(() => tasks.id, { onDelete: "cascade" }),
    personId: text("person_id")
      .notNull()
      .references(() => people.id),
    reason: text("reason").notNull(),
    setBy: text("set_by").notNull(),
  },
  (t) => [index("todo_watcher_task").on(t.taskId), index("todo_watcher_person").on(t.personId)],
)

export const rooms = sqliteTable(
  "todo_room",
  { house: text("house").notNull(), number: integer("number").notNull(), beds: integer("beds") },
  (t) => [primaryKey({ columns: [t.house, t.number] })],
)

export const taskRooms = sqliteTable(
  "todo_task_room",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    taskId: integer("task_id")
      .notNull()
      .references(() => tasks.id, { onDelete: "cascade" }),
    house: text("house").notNull(),
    number: integer("number").notNull(),
  },
  (t) => [
    foreignKey({ columns: [t.house, t.number], foreignColumns: [rooms.house, rooms.number] }),
    unique("todo_task_room_once").on(t.taskId, t.house, t.number),
  ],
)

export const taskBlocks = sqliteTable(
  "todo_block",
  {
    blockerId: integer("blocker_id")
      .notNull()
      .references(() => tasks.id),
    blockedId: integer("blocked_id")
      .notNull()
      .references(() => tasks.id),
  },
  (t) => [primaryKey({ columns: [t.blockerId, t.blockedId] })],
)
