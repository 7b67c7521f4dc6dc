-- Undoes 0001_reviews.
-- Loses data: drops the table flags
-- Loses data: drops the table reviews
PRAGMA defer_foreign_keys=ON;--> statement-breakpoint
CREATE TABLE `__new_entries` (
	`entry_no` integer PRIMARY KEY NOT NULL,
	`ledger` text NOT NULL,
	`since` integer,
	FOREIGN KEY (`ledger`) REFERENCES `ledgers`(`ledger_code`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "entries_entry_no_check" CHECK(typeof("entry_no") in ('integer', 'null')),
	CONSTRAINT "entries_since_check" CHECK(typeof("since") in ('integer', 'null'))
);
--> statement-breakpoint
INSERT INTO `__new_entries`("entry_no", "ledger", "since") SELECT "entry_no", "ledger", "since" FROM `entries`;--> statement-breakpoint
DROP TABLE `entries`;--> statement-breakpoint
ALTER TABLE `__new_entries` RENAME TO `entries`;--> statement-breakpoint
CREATE INDEX `entries_ledger_index` ON `entries` (`ledger`);--> statement-breakpoint
CREATE TABLE `__keep_reviews` AS SELECT `reviews`.* FROM pragma_foreign_keys AS `__on` CROSS JOIN `reviews` WHERE `__on`.foreign_keys;--> statement-breakpoint
CREATE TABLE `__keep_flags` AS SELECT `flags`.* FROM pragma_foreign_keys AS `__on` CROSS JOIN `flags` WHERE `__on`.foreign_keys;--> statement-breakpoint
DELETE FROM `flags` WHERE rowid IN (SELECT `flags`.rowid FROM pragma_foreign_keys AS `__on` CROSS JOIN `flags` WHERE `__on`.foreign_keys);--> statement-breakpoint
DELETE FROM `reviews` WHERE rowid IN (SELECT `reviews`.rowid FROM pragma_foreign_keys AS `__on` CROSS JOIN `reviews` WHERE `__on`.foreign_keys);--> statement-breakpoint
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
	CONSTRAINT "lots_serial_no_check" CHECK(typeof("serial_no") in ('integer', 'null')),
	CONSTRAINT "lots_seen_check" CHECK(typeof("seen") in ('integer', 'null')),
	CONSTRAINT "lots_on_day_check" CHECK(date("on_day") is "on_day" and length("on_day") = 10 and "on_day" > '0001'),
	CONSTRAINT "lots_until_check" CHECK(date("until") is "until" and length("until") = 10 and "until" > '0001'),
	CONSTRAINT "lots_at_time_check" CHECK((time(substr("at_time", 1, 8)) is substr("at_time", 1, 8) and "at_time" < '24' or "at_time" = '24:00:00') and length(substr("at_time", 1, 8)) = 8 and (length("at_time") = 8 or substr("at_time", 9, 1) = '.' and "at_time" glob '*.*[1-9]' and length("at_time") <= 15 and substr("at_time", 10) not glob '*[^0-9]*')),
	CONSTRAINT "lots_alarm_check" CHECK((time(substr("alarm", 1, 8)) is substr("alarm", 1, 8) and "alarm" < '24' or "alarm" = '24:00:00') and length(substr("alarm", 1, 8)) = 8 and (length("alarm") = 8 or substr("alarm", 9, 1) = '.' and "alarm" glob '*.*[1-9]' and length("alarm") <= 15 and substr("alarm", 10) not glob '*[^0-9]*')),
	CONSTRAINT "lots_image_check" CHECK(typeof("image") in ('blob', 'null') and length("image") <= 300)
);
--> statement-breakpoint
INSERT INTO `__new_lots`("lot_id", "lot_label", "essay", "lot_mood", "trace_id", "price", "share", "piece_count", "serial_no", "seen", "on_day", "until", "at_time", "alarm", "image", "ledger_code", "parent_id", "created_at", "updated_at") SELECT "lot_id", "lot_label", "essay", "lot_mood", "trace_id", "price", "share", "piece_count", "serial_no", "seen", "on_day", "until", "at_time", "alarm", "image", "ledger_code", "parent_id", "created_at", "updated_at" FROM `lots`;--> statement-breakpoint
DROP TABLE `lots`;--> statement-breakpoint
ALTER TABLE `__new_lots` RENAME TO `lots`;--> statement-breakpoint
CREATE UNIQUE INDEX `lots_trace_id_unique` ON `lots` (`trace_id`);--> statement-breakpoint
CREATE INDEX `lots_ledger_code_index` ON `lots` (`ledger_code`);--> statement-breakpoint
CREATE INDEX `lots_parent_id_index` ON `lots` (`parent_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `lots_day_serial` ON `lots` (`on_day`,`serial_no`);--> statement-breakpoint
INSERT INTO `reviews` SELECT * FROM `__keep_reviews`;--> statement-breakpoint
DROP TABLE `__keep_reviews`;--> statement-breakpoint
INSERT INTO `flags` SELECT * FROM `__keep_flags`;--> statement-breakpoint
DROP TABLE `__keep_flags`;--> statement-breakpoint
DROP TABLE `flags`;--> statement-breakpoint
DROP TABLE `reviews`;