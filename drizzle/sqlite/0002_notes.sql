CREATE TABLE `notes` (
	`_id` text PRIMARY KEY NOT NULL,
	`data` text NOT NULL,
	`_created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`_updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`_owner_id` integer NOT NULL,
	FOREIGN KEY (`_owner_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "notes__id_check" CHECK(length("_id") >= 1 and length("_id") <= 100),
	CONSTRAINT "notes_data_check" CHECK(json_valid("data") and json_type("data") = 'object')
);
--> statement-breakpoint
CREATE INDEX `notes_color_index` ON `notes` ((case json_type("data", '$."color"') when 'real' then cast(json_extract("data", '$."color"') as real) when 'integer' then cast(json_extract("data", '$."color"') as real) when 'text' then json_extract("data", '$."color"') when 'false' then x'03' when 'true' then x'04' when 'array' then x'05' when 'object' then x'06' else x'07' end), `_id`);--> statement-breakpoint
CREATE INDEX `notes_size_width_index` ON `notes` ((case json_type("data", '$."size"."width"') when 'real' then cast(json_extract("data", '$."size"."width"') as real) when 'integer' then cast(json_extract("data", '$."size"."width"') as real) when 'text' then json_extract("data", '$."size"."width"') when 'false' then x'03' when 'true' then x'04' when 'array' then x'05' when 'object' then x'06' else x'07' end), `_id`);--> statement-breakpoint
CREATE INDEX `notes__owner_id_index` ON `notes` (`_owner_id`);