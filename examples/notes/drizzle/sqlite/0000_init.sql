CREATE TABLE `notes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`text` text NOT NULL,
	`tag` text,
	`owner_id` integer NOT NULL,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`owner_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "notes_text_check" CHECK(length("text") >= 1 and length("text") <= 10000),
	CONSTRAINT "notes_tag_check" CHECK(length("tag") >= 1 and length("tag") <= 40)
);
--> statement-breakpoint
CREATE INDEX `notes_owner_id_tag_index` ON `notes` (`owner_id`,`tag`);--> statement-breakpoint
CREATE INDEX `notes_owner_id_index` ON `notes` (`owner_id`);--> statement-breakpoint
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
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);