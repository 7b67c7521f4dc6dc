// A subscription starter on Postgres, with accounts of a sign-in library and an audit schema beside them.
//
// Awkward, and what must come out:
// - Two tables "entries" in schemas `crm` and `audit`, and one in public: each is served by itself, and embeds its own.
// - Table and column names with dashes, spaces, upper case and quotes; properties called as parameters of lists
//   (`limit`, `sort`, `fields`, `count`, `include`, `q`, `key`); columns called as members of every object are under other properties.
// - An account's key is two texts, and free: slashes, commas, percent signs, unicode, empty.
// - A tree by `parentId`, with relations of `relationName`; two relations to one table; relations called as columns.
// - Generated columns, numeric money, jsonb with `$type`, an enum whose values have spaces and quotes, in pgSchema too.
import { relations, sql } from 'drizzle-orm';
import { boolean, check, foreignKey, index, integer, json, numeric, pgEnum, pgSchema, pgTable, primaryKey, serial, text, timestamp, uniqueIndex, uuid, varchar } from 'drizzle-orm/pg-core';

export const crm = pgSchema('crm');
export const auditSchema = pgSchema('audit log');
export const plan = pgEnum('Plan Kind', ['free', 'pro s', 'à la carte', 'a,b']);
export const stage = crm.enum('stage', ['lead', 'won']);

export const users = pgTable('user', {
  id: text('id').primaryKey(),
  name: text('name'),
  email: text('email').notNull(),
  emailVerified: timestamp('emailVerified', { mode: 'date' }),
  image: text('image'),
}, (t) => [uniqueIndex('user email unique').on(t.email)]);

export const accounts = pgTable("account of user's", {
  userId: text('userId').notNull().references(() => users.id, { onDelete: 'cascade' }),
  type: text('type').$type<'oauth' | 'oidc'>().notNull(),
  provider: text('provider').notNull(),
  providerAccountId: text('providerAccountId').notNull(),
  expires_at: integer('expires_at'),
  access_token: text('access_token'),
  scope: text('scope'),
}, (account) => [primaryKey({ columns: [account.provider, account.providerAccountId] })]);

export const odd = pgTable('Odd-Table of Names', {
  id: uuid('ID').primaryKey().defaultRandom(),
  limit: integer('limit').notNull().default(5),
  sort: text('sort'),
  fields: text('the fields'),
  count: integer('count'),
  include: text('In-clude'),
  q: text('q'),
  key: text('key').unique(),
  skip: boolean('skip'),
  after: timestamp('after'),
  builder: text('constructor'),
  asText: text('toString'),
  worth: integer('value of'),
  order: integer('order'),
  group: text('group'),
  user: text('user').references(() => users.id),
});

export const folders = pgTable('folders', {
  id: serial('id').primaryKey(),
  parentId: integer('parent_id'),
  ownerId: text('owner_id').references(() => users.id),
  editorId: text('editor_id').references(() => users.id),
  title: varchar('title', { length: 80 }).notNull(),
  slug: text('slug').generatedAlwaysAs(sql`lower(title)`),
}, (t) => [foreignKey({ columns: [t.parentId], foreignColumns: [t.id] }).onDelete('cascade'), index('by parent').on(t.parentId)]);

export const entries = pgTable('entries', {
  id: serial('id').primaryKey(),
  body: text('body'),
});

export const crmEntries = crm.table('entries', {
  id: serial('id').primaryKey(),
  stage: stage('stage').notNull().default('lead'),
  plan: plan('plan'),
  amount: numeric('amount', { precision: 12, scale: 2 }).notNull().default('0.00'),
  double: numeric('double', { precision: 14, scale: 2 }).generatedAlwaysAs(sql`amount * 2`),
  meta: json('meta').$type<{ tags: string[] }>(),
  userId: text('user_id').references(() => users.id),
}, (t) => [check('amount is no debt', sql`${t.amount} >= 0`)]);

export const auditEntries = auditSchema.table('entries', {
  id: serial('id').primaryKey(),
  entryId: integer('entry_id').references(() => crmEntries.id, { onDelete: 'cascade' }),
  at: timestamp('at').notNull().defaultNow(),
  builder: text('constructor'),
});

export const entryUsers = crm.table("entries to user's", {
  entryId: integer('entry id').notNull().references(() => crmEntries.id),
  userId: text('user id').notNull().references(() => users.id),
}, (t) => [primaryKey({ columns: [t.userId, t.entryId] })]);

export const usersRelations = relations(users, ({ many }) => ({
  accounts: many(accounts),
  owned: many(folders, { relationName: 'owner' }),
  edited: many(folders, { relationName: 'editor' }),
  image: many(crmEntries),
}));
export const accountsRelations = relations(accounts, ({ one }) => ({
  type: one(users, { fields: [accounts.userId], references: [users.id] }),
}));
export const foldersRelations = relations(folders, ({ one, many }) => ({
  parent: one(folders, { fields: [folders.parentId], references: [folders.id], relationName: 'tree' }),
  children: many(folders, { relationName: 'tree' }),
  owner: one(users, { fields: [folders.ownerId], references: [users.id], relationName: 'owner' }),
  editor: one(users, { fields: [folders.editorId], references: [users.id], relationName: 'editor' }),
}));
export const crmEntriesRelations = relations(crmEntries, ({ one, many }) => ({
  user: one(users, { fields: [crmEntries.userId], references: [users.id] }),
  trail: many(auditEntries),
  people: many(entryUsers),
}));
export const auditEntriesRelations = relations(auditEntries, ({ one }) => ({
  entry: one(crmEntries, { fields: [auditEntries.entryId], references: [crmEntries.id] }),
}));
export const entryUsersRelations = relations(entryUsers, ({ one }) => ({
  entry: one(crmEntries, { fields: [entryUsers.entryId], references: [crmEntries.id] }),
  user: one(users, { fields: [entryUsers.userId], references: [users.id] }),
}));
