// A small shop's tables on SQLite, with names that SQL and JavaScript have other uses for.
//
// Awkward, and what must come out:
// - Names of tables and columns with dashes, spaces, quotes and upper case; columns called as parameters of lists, and
//   as members of every object under other properties.
// - Text keys with all that a path has another use for, very long ones, and an empty one as part of a key.
// - A tree by `relationName`; two relations to one table; relations called as columns; a junction with a composite key.
// - Generated columns, stored and virtual; text with enum, json with `$type`; a key called `count`.
import { relations, sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

export const users = sqliteTable('user', {
  id: text('id').primaryKey(),
  name: text('name'),
  email: text('E Mail').notNull(),
  image: text('image'),
}, (t) => [uniqueIndex('user "email"').on(t.email)]);

export const accounts = sqliteTable("account of user's", {
  userId: text('userId').notNull().references(() => users.id, { onDelete: 'cascade' }),
  type: text('type', { enum: ['oauth', "o'idc"] }).notNull(),
  provider: text('provider').notNull(),
  providerAccountId: text('providerAccountId').notNull(),
  expires_at: integer('expires_at'),
  access_token: text('access_token'),
}, (account) => [primaryKey({ columns: [account.provider, account.providerAccountId] })]);

export const odd = sqliteTable('Odd-Table "of" names', {
  count: integer('count').primaryKey({ autoIncrement: true }),
  limit: integer('limit').notNull().default(5),
  sort: text('sort'),
  fields: text('the fields'),
  include: text('In"clude'),
  q: text('q'),
  key: text('key').unique(),
  id: text('id'),
  skip: integer('skip', { mode: 'boolean' }),
  after: integer('after', { mode: 'timestamp_ms' }),
  builder: text('constructor'),
  asText: text('toString'),
  worth: real('value of'),
  order: integer('order'),
  group: text('group'),
  user: text('user').references(() => users.id),
});

export const folders = sqliteTable('folders', {
  id: integer('id').primaryKey(),
  parentId: integer('parent_id'),
  ownerId: text('owner_id').references(() => users.id),
  editorId: text('editor_id').references(() => users.id),
  title: text('title', { length: 80 }).notNull(),
  slug: text('slug').generatedAlwaysAs(sql`lower(title)`, { mode: 'stored' }),
  size: integer('size').generatedAlwaysAs(sql`length(title)`, { mode: 'virtual' }),
  meta: text('meta', { mode: 'json' }).$type<{ tags: string[] }>(),
}, (t) => [foreignKey({ columns: [t.parentId], foreignColumns: [t.id] }).onDelete('cascade'), index('by parent').on(t.parentId), check('has a title', sql`${t.title} <> ''`)]);

export const folderUsers = sqliteTable('folders.to, users', {
  folderId: integer('folder id').notNull().references(() => folders.id),
  userId: text('user id').notNull().references(() => users.id),
}, (t) => [primaryKey({ columns: [t.userId, t.folderId] })]);

export const usersRelations = relations(users, ({ many }) => ({
  accounts: many(accounts),
  owned: many(folders, { relationName: 'owner' }),
  edited: many(folders, { relationName: 'editor' }),
  image: many(folderUsers),
}));
export const accountsRelations = relations(accounts, ({ one }) => ({
  type: one(users, { fields: [accounts.userId], references: [users.id] }),
}));
export const foldersRelations = relations(folders, ({ one, many }) => ({
  parent: one(folders, { fields: [folders.parentId], references: [folders.id], relationName: 'tree' }),
  children: many(folders, { relationName: 'tree' }),
  owner: one(users, { fields: [folders.ownerId], references: [users.id], relationName: 'owner' }),
  editor: one(users, { fields: [folders.editorId], references: [users.id], relationName: 'editor' }),
  people: many(folderUsers),
}));
export const folderUsersRelations = relations(folderUsers, ({ one }) => ({
  folder: one(folders, { fields: [folderUsers.folderId], references: [folders.id] }),
  user: one(users, { fields: [folderUsers.userId], references: [users.id] }),
}));
