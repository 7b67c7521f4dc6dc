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
CREATE INDEX `notes_color_index` ON `notes` ((case json_type("data", '$."color"') when 'integer' then 1 when 'real' then 1 when 'text' then 2 when 'false' then 3 when 'true' then 4 when 'array' then 5 when 'object' then 6 end), (cast(case when json_type("data", '$."color"') in ('integer', 'real') then json_extract("data", '$."color"') end as real)), (case json_type("data", '$."color"') when 'text' then json_extract("data", '$."color"') end), `_id`);--> statement-breakpoint
CREATE INDEX `notes_size_width_index` ON `notes` ((case json_type("data", '$."size"."width"') when 'integer' then 1 when 'real' then 1 when 'text' then 2 when 'false' then 3 when 'true' then 4 when 'array' then 5 when 'object' then 6 end), (cast(case when json_type("data", '$."size"."width"') in ('integer', 'real') then json_extract("data", '$."size"."width"') end as real)), (case json_type("data", '$."size"."width"') when 'text' then json_extract("data", '$."size"."width"') end), `_id`);--> statement-breakpoint
CREATE INDEX `notes__owner_id_index` ON `notes` (`_owner_id`);