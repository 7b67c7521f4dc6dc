CREATE TABLE `account_factors` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`kind` text NOT NULL,
	`secret` text NOT NULL,
	`last_step` integer,
	`failures` integer DEFAULT 0 NOT NULL,
	`failed_at` text,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`confirmed_at` text,
	`last_used_at` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "account_factors_kind_check" CHECK(length("kind") <= 20),
	CONSTRAINT "account_factors_secret_check" CHECK(length("secret") <= 400)
);
--> statement-breakpoint
CREATE INDEX `account_factors_user_id_index` ON `account_factors` (`user_id`);