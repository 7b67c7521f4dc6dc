CREATE TABLE `lines` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`order_id` integer NOT NULL,
	`product_id` integer NOT NULL,
	`quantity` integer NOT NULL,
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`product_id`) REFERENCES `products`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "lines_quantity_check" CHECK("quantity" >= 1 and "quantity" <= 1000)
);
--> statement-breakpoint
CREATE INDEX `lines_order_id_index` ON `lines` (`order_id`);--> statement-breakpoint
CREATE INDEX `lines_product_id_index` ON `lines` (`product_id`);--> statement-breakpoint
CREATE TABLE `mails` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`owner_id` integer NOT NULL,
	`text` text NOT NULL,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`owner_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "mails_text_check" CHECK(length("text") <= 1000)
);
--> statement-breakpoint
CREATE INDEX `mails_owner_id_index` ON `mails` (`owner_id`);--> statement-breakpoint
CREATE TABLE `orders` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`owner_id` integer NOT NULL,
	`note` text,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`owner_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "orders_note_check" CHECK(length("note") <= 1000)
);
--> statement-breakpoint
CREATE INDEX `orders_owner_id_index` ON `orders` (`owner_id`);--> statement-breakpoint
CREATE TABLE `products` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`sku` text NOT NULL,
	`name` text NOT NULL,
	`price` real NOT NULL,
	`sold_out` integer DEFAULT false NOT NULL,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	CONSTRAINT "products_sku_check" CHECK(length("sku") >= 1 and length("sku") <= 40),
	CONSTRAINT "products_name_check" CHECK(length("name") >= 1 and length("name") <= 200),
	CONSTRAINT "products_price_check" CHECK("price" >= 0)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `products_sku_unique` ON `products` (`sku`);--> statement-breakpoint
CREATE TABLE `weir_row_history` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`table_name` text NOT NULL,
	`row_key` text NOT NULL,
	`version` integer NOT NULL,
	`verb` text NOT NULL,
	`at` text,
	`by` text,
	`was` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `weir_row_history_row` ON `weir_row_history` (`table_name`,`row_key`,`version`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email` text NOT NULL,
	`hashed_password` text NOT NULL,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	CONSTRAINT "users_email_check" CHECK(length("email") <= 254),
	CONSTRAINT "users_hashed_password_check" CHECK(length("hashed_password") <= 255)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);--> statement-breakpoint
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