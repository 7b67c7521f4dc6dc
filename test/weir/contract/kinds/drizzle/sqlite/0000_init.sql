CREATE TABLE `kinds` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`note` text,
	`email` text,
	`code` text,
	`viewer` integer,
	`o` text,
	`t0` integer,
	`state` text DEFAULT 'open' NOT NULL,
	`whole` integer NOT NULL,
	`maybe_whole` integer,
	`fraction` real NOT NULL,
	`maybe_fraction` real,
	`flag` integer DEFAULT false NOT NULL,
	`maybe_flag` integer,
	`moment` text NOT NULL,
	`maybe_moment` text,
	`data` text,
	`place` integer NOT NULL,
	`row` integer NOT NULL,
	`parent_id` integer,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`parent_id`) REFERENCES `kinds`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "kinds_name_check" CHECK(length("name") >= 1 and length("name") <= 50),
	CONSTRAINT "kinds_note_check" CHECK(length("note") <= 10000),
	CONSTRAINT "kinds_email_check" CHECK(length("email") <= 100),
	CONSTRAINT "kinds_code_check" CHECK(length("code") <= 20),
	CONSTRAINT "kinds_o_check" CHECK(length("o") <= 20),
	CONSTRAINT "kinds_state_check" CHECK("state" in ('it''s', 'open', 'done')),
	CONSTRAINT "kinds_whole_check" CHECK("whole" >= -5 and "whole" <= 1000000),
	CONSTRAINT "kinds_maybe_fraction_check" CHECK("maybe_fraction" >= 0),
	CONSTRAINT "kinds_place_check" CHECK("place" >= 0),
	CONSTRAINT "kinds_row_check" CHECK("row" >= 0)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `kinds_name_unique` ON `kinds` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `kinds_code_unique` ON `kinds` (`code`);--> statement-breakpoint
CREATE INDEX `kinds_parent_id_index` ON `kinds` (`parent_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `kinds_place` ON `kinds` (`place`,`row`);--> statement-breakpoint
CREATE TABLE `members` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`handle` text NOT NULL,
	`secret` text NOT NULL,
	`rank` text DEFAULT 'member' NOT NULL,
	CONSTRAINT "members_handle_check" CHECK(length("handle") >= 3 and length("handle") <= 30),
	CONSTRAINT "members_secret_check" CHECK(length("secret") <= 255),
	CONSTRAINT "members_rank_check" CHECK("rank" in ('member', 'chief'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `members_handle_unique` ON `members` (`handle`);--> statement-breakpoint
CREATE TABLE `pieces` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`title` text NOT NULL,
	`weight` real,
	`public` integer DEFAULT false NOT NULL,
	`shelf_id` integer NOT NULL,
	`maker_id` integer,
	FOREIGN KEY (`shelf_id`) REFERENCES `shelves`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`maker_id`) REFERENCES `members`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "pieces_title_check" CHECK(length("title") >= 1 and length("title") <= 80),
	CONSTRAINT "pieces_weight_check" CHECK("weight" >= 0)
);
--> statement-breakpoint
CREATE INDEX `pieces_shelf_id_index` ON `pieces` (`shelf_id`);--> statement-breakpoint
CREATE INDEX `pieces_maker_id_index` ON `pieces` (`maker_id`);--> statement-breakpoint
CREATE TABLE `shelves` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`label` text NOT NULL,
	CONSTRAINT "shelves_label_check" CHECK(length("label") <= 20)
);
