CREATE TABLE `weir_write_records` (
	`id` text PRIMARY KEY NOT NULL,
	`record` text NOT NULL,
	`position` integer NOT NULL,
	`request` text NOT NULL,
	`verb` text NOT NULL,
	`body` text,
	`row_key` text,
	`expires_at` text NOT NULL,
	CONSTRAINT "weir_write_records_id_check" CHECK(length("id") <= 100),
	CONSTRAINT "weir_write_records_record_check" CHECK(length("record") <= 80),
	CONSTRAINT "weir_write_records_request_check" CHECK(length("request") <= 80),
	CONSTRAINT "weir_write_records_verb_check" CHECK(length("verb") <= 20)
);
--> statement-breakpoint
CREATE INDEX `weir_write_records_record_index` ON `weir_write_records` (`record`);--> statement-breakpoint
CREATE INDEX `weir_write_records_expires_at_index` ON `weir_write_records` (`expires_at`);