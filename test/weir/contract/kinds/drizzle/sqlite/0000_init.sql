CREATE TABLE `entries` (
	`entry_no` integer PRIMARY KEY NOT NULL,
	`ledger` text NOT NULL,
	`since` integer,
	FOREIGN KEY (`ledger`) REFERENCES `ledgers`(`ledger_code`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "entries_entry_no_check" CHECK(typeof("entry_no") in ('integer', 'null')),
	CONSTRAINT "entries_since_check" CHECK(typeof("since") in ('integer', 'null'))
);
--> statement-breakpoint
CREATE INDEX `entries_ledger_index` ON `entries` (`ledger`);--> statement-breakpoint
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
CREATE TABLE `ledgers` (
	`ledger_code` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	CONSTRAINT "ledgers_ledger_code_check" CHECK(length("ledger_code") <= 20)
);
--> statement-breakpoint
CREATE TABLE `lots` (
	`lot_id` text PRIMARY KEY NOT NULL,
	`lot_label` text NOT NULL,
	`essay` text,
	`lot_mood` text DEFAULT 'calm' NOT NULL,
	`trace_id` text,
	`price` scaled_integer(12, 2) DEFAULT 1950 NOT NULL,
	`share` scaled_integer(18, 18),
	`piece_count` scaled_integer(18, 0),
	`serial_no` integer NOT NULL,
	`seen` integer DEFAULT '9007199254740993',
	`on_day` text NOT NULL,
	`until` text,
	`at_time` text NOT NULL,
	`alarm` text,
	`image` blob,
	`ledger_code` text NOT NULL,
	`parent_id` text,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`ledger_code`) REFERENCES `ledgers`(`ledger_code`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`parent_id`) REFERENCES `lots`(`lot_id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "lots_lot_id_check" CHECK("lot_id" like '________-____-____-____-____________' and length(replace("lot_id", '-', '')) = 32 and "lot_id" not glob '*[^0-9a-f-]*'),
	CONSTRAINT "lots_lot_label_check" CHECK(length("lot_label") >= 1 and length("lot_label") <= 50),
	CONSTRAINT "lots_lot_mood_check" CHECK("lot_mood" in ('calm', 'wild')),
	CONSTRAINT "lots_trace_id_check" CHECK("trace_id" like '________-____-____-____-____________' and length(replace("trace_id", '-', '')) = 32 and "trace_id" not glob '*[^0-9a-f-]*'),
	CONSTRAINT "lots_price_check" CHECK("price" between -999999999999 and 999999999999 and "price" = cast("price" as integer)),
	CONSTRAINT "lots_share_check" CHECK("share" between -999999999999999999 and 999999999999999999 and "share" = cast("share" as integer)),
	CONSTRAINT "lots_piece_count_check" CHECK("piece_count" between -999999999999999999 and 999999999999999999 and "piece_count" = cast("piece_count" as integer)),
	CONSTRAINT "lots_serial_no_check" CHECK(typeof("serial_no") in ('integer', 'null')),
	CONSTRAINT "lots_seen_check" CHECK(typeof("seen") in ('integer', 'null')),
	CONSTRAINT "lots_on_day_check" CHECK(date("on_day") is "on_day" and length("on_day") = 10 and "on_day" > '0001'),
	CONSTRAINT "lots_until_check" CHECK(date("until") is "until" and length("until") = 10 and "until" > '0001'),
	CONSTRAINT "lots_at_time_check" CHECK((time(substr("at_time", 1, 8)) is substr("at_time", 1, 8) and "at_time" < '24' or "at_time" = '24:00:00') and length(substr("at_time", 1, 8)) = 8 and (length("at_time") = 8 or substr("at_time", 9, 1) = '.' and "at_time" glob '*.*[1-9]' and length("at_time") <= 15 and substr("at_time", 10) not glob '*[^0-9]*')),
	CONSTRAINT "lots_alarm_check" CHECK((time(substr("alarm", 1, 8)) is substr("alarm", 1, 8) and "alarm" < '24' or "alarm" = '24:00:00') and length(substr("alarm", 1, 8)) = 8 and (length("alarm") = 8 or substr("alarm", 9, 1) = '.' and "alarm" glob '*.*[1-9]' and length("alarm") <= 15 and substr("alarm", 10) not glob '*[^0-9]*')),
	CONSTRAINT "lots_image_check" CHECK(typeof("image") in ('blob', 'null') and length("image") <= 300)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `lots_trace_id_unique` ON `lots` (`trace_id`);--> statement-breakpoint
CREATE INDEX `lots_ledger_code_index` ON `lots` (`ledger_code`);--> statement-breakpoint
CREATE INDEX `lots_parent_id_index` ON `lots` (`parent_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `lots_day_serial` ON `lots` (`on_day`,`serial_no`);--> statement-breakpoint
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
