CREATE TABLE `flags` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`review_id` text NOT NULL,
	`reason` text,
	FOREIGN KEY (`review_id`) REFERENCES `reviews`(`_id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "flags_reason_check" CHECK(length("reason") <= 40)
);
--> statement-breakpoint
CREATE INDEX `flags_review_id_index` ON `flags` (`review_id`);--> statement-breakpoint
CREATE TABLE `reviews` (
	`_id` text PRIMARY KEY NOT NULL,
	`data` text NOT NULL,
	`_created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`_updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`_owner_id` integer NOT NULL,
	`lot_id` text NOT NULL,
	`ledger_code` text NOT NULL,
	`parent_id` text,
	FOREIGN KEY (`_owner_id`) REFERENCES `members`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`lot_id`) REFERENCES `lots`(`lot_id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`ledger_code`) REFERENCES `ledgers`(`ledger_code`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`parent_id`) REFERENCES `reviews`(`_id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "reviews__id_check" CHECK(length("_id") >= 1 and length("_id") <= 100),
	CONSTRAINT "reviews_data_check" CHECK(json_valid("data") and json_type("data") = 'object')
);
--> statement-breakpoint
CREATE INDEX `reviews_stars_index` ON `reviews` ((case json_type("data", '$."stars"') when 'real' then cast(json_extract("data", '$."stars"') as real) when 'integer' then cast(json_extract("data", '$."stars"') as real) when 'text' then json_extract("data", '$."stars"') when 'false' then x'03' when 'true' then x'04' when 'array' then x'05' when 'object' then x'06' else x'07' end), `_id`);--> statement-breakpoint
CREATE INDEX `reviews__owner_id_index` ON `reviews` (`_owner_id`);--> statement-breakpoint
CREATE INDEX `reviews_lot_id_index` ON `reviews` (`lot_id`);--> statement-breakpoint
CREATE INDEX `reviews_ledger_code_index` ON `reviews` (`ledger_code`);--> statement-breakpoint
CREATE INDEX `reviews_parent_id_index` ON `reviews` (`parent_id`);--> statement-breakpoint
PRAGMA defer_foreign_keys=ON;--> statement-breakpoint
CREATE TABLE `__new_entries` (
	`entry_no` integer PRIMARY KEY NOT NULL,
	`ledger` text NOT NULL,
	`since` integer,
	FOREIGN KEY (`ledger`) REFERENCES `ledgers`(`ledger_code`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "entries_entry_no_check" CHECK("entry_no" = cast("entry_no" as integer)),
	CONSTRAINT "entries_since_check" CHECK("since" = cast("since" as integer))
);
--> statement-breakpoint
INSERT INTO `__new_entries`("entry_no", "ledger", "since") SELECT "entry_no", "ledger", "since" FROM `entries`;--> statement-breakpoint
DROP TABLE `entries`;--> statement-breakpoint
ALTER TABLE `__new_entries` RENAME TO `entries`;--> statement-breakpoint
CREATE INDEX `entries_ledger_index` ON `entries` (`ledger`);--> statement-breakpoint
CREATE TABLE `__new_lots` (
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
	FOREIGN KEY (`parent_id`) REFERENCES `__new_lots`(`lot_id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "lots_lot_id_check" CHECK("lot_id" like '________-____-____-____-____________' and length(replace("lot_id", '-', '')) = 32 and "lot_id" not glob '*[^0-9a-f-]*'),
	CONSTRAINT "lots_lot_label_check" CHECK(length("lot_label") >= 1 and length("lot_label") <= 50),
	CONSTRAINT "lots_lot_mood_check" CHECK("lot_mood" in ('calm', 'wild')),
	CONSTRAINT "lots_trace_id_check" CHECK("trace_id" like '________-____-____-____-____________' and length(replace("trace_id", '-', '')) = 32 and "trace_id" not glob '*[^0-9a-f-]*'),
	CONSTRAINT "lots_price_check" CHECK("price" between -999999999999 and 999999999999 and "price" = cast("price" as integer)),
	CONSTRAINT "lots_share_check" CHECK("share" between -999999999999999999 and 999999999999999999 and "share" = cast("share" as integer)),
	CONSTRAINT "lots_piece_count_check" CHECK("piece_count" between -999999999999999999 and 999999999999999999 and "piece_count" = cast("piece_count" as integer)),
	CONSTRAINT "lots_serial_no_check" CHECK("serial_no" = cast("serial_no" as integer)),
	CONSTRAINT "lots_seen_check" CHECK("seen" = cast("seen" as integer)),
	CONSTRAINT "lots_on_day_check" CHECK(date("on_day") is "on_day" and length("on_day") = 10 and "on_day" > '0001'),
	CONSTRAINT "lots_until_check" CHECK(date("until") is "until" and length("until") = 10 and "until" > '0001'),
	CONSTRAINT "lots_at_time_check" CHECK((time(substr("at_time", 1, 8)) is substr("at_time", 1, 8) and "at_time" < '24' or "at_time" = '24:00:00') and length(substr("at_time", 1, 8)) = 8 and (length("at_time") = 8 or substr("at_time", 9, 1) = '.' and "at_time" glob '*.*[1-9]' and length("at_time") <= 15 and substr("at_time", 10) not glob '*[^0-9]*')),
	CONSTRAINT "lots_alarm_check" CHECK((time(substr("alarm", 1, 8)) is substr("alarm", 1, 8) and "alarm" < '24' or "alarm" = '24:00:00') and length(substr("alarm", 1, 8)) = 8 and (length("alarm") = 8 or substr("alarm", 9, 1) = '.' and "alarm" glob '*.*[1-9]' and length("alarm") <= 15 and substr("alarm", 10) not glob '*[^0-9]*')),
	CONSTRAINT "lots_image_check" CHECK((typeof("image") = 'blob' or "image" is null) and length("image") <= 300)
);
--> statement-breakpoint
INSERT INTO `__new_lots`("lot_id", "lot_label", "essay", "lot_mood", "trace_id", "price", "share", "piece_count", "serial_no", "seen", "on_day", "until", "at_time", "alarm", "image", "ledger_code", "parent_id", "created_at", "updated_at") SELECT "lot_id", "lot_label", "essay", "lot_mood", "trace_id", "price", "share", "piece_count", "serial_no", "seen", "on_day", "until", "at_time", "alarm", "image", "ledger_code", "parent_id", "created_at", "updated_at" FROM `lots`;--> statement-breakpoint
DROP TABLE `lots`;--> statement-breakpoint
ALTER TABLE `__new_lots` RENAME TO `lots`;--> statement-breakpoint
CREATE UNIQUE INDEX `lots_trace_id_unique` ON `lots` (`trace_id`);--> statement-breakpoint
CREATE INDEX `lots_ledger_code_index` ON `lots` (`ledger_code`);--> statement-breakpoint
CREATE INDEX `lots_parent_id_index` ON `lots` (`parent_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `lots_day_serial` ON `lots` (`on_day`,`serial_no`);