import {
  boolean,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  unique,
} from "drizzle-orm/pg-core"

/** Junctions of every form: of a composite key, of a key of its own, without anything unique, of a table with itself. */
export const people = pgTable("todo_person", {
  id: text("id").primaryKey(),
  email: text("email").notNull().unique(),
  role: text("role").notNull().default("user"),
  shadow: text("shadow").notNull(),
})

export const projects = pgTable("todo_project", {
  id: serial("id").primaryKey(),
  name: text("name").notNull(),
})

export const tasks = pgTable("todo_task", {
  id: serial("id").primaryKey(),
  title: text("title").notNull(),
  open: boolean("is_open").notNull().default(true),
  ownerId: text("owner_id")
    .notNull()
    .references(() => people.id),
  projectId: integer("project_id").references(() => projects.id),
})

export const tags = pgTable("todo_tag", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  secret: boolean("is_secret").notNull().default(false),
})

export const taskTags = pgTable(
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
    buried: boolean("is_buried").notNull().default(false),
    addedBy: text("added_by").references(() => people.id),
    addedAt: timestamp("added_at", { withTimezone: true }).$defaultFn(() => new Date()),
  },
  (t) => [primaryKey({ columns: [t.taskId, t.tagId] }), unique().on(t.taskId, t.place, t.note)],
)

export const taskWatchers = pgTable(
  "todo_watcher",
  {
    id: serial("id").primaryKey(),
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

export const rooms = pgTable(
  "todo_room",
  { house: text("house").notNull(), number: integer("number").notNull(), beds: integer("beds") },
  (t) => [primaryKey({ columns: [t.house, t.number] })],
)

export const taskRooms = pgTable(
  "todo_task_room",
  {
    id: serial("id").primaryKey(),
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

export const taskBlocks = pgTable(
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
