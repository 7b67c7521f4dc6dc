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
	FOREIGN KEY (`user_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "account_factors_kind_check" CHECK(length("kind") <= 20),
	CONSTRAINT "account_factors_secret_check" CHECK(length("secret") <= 400)
);
--> statement-breakpoint
CREATE INDEX `account_factors_user_id_index` ON `account_factors` (`user_id`);--> statement-breakpoint
CREATE TABLE `account_tokens` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`user_id` integer,
	`data` text,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`expires_at` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "account_tokens_token_hash_check" CHECK(length("token_hash") <= 64),
	CONSTRAINT "account_tokens_purpose_check" CHECK(length("purpose") <= 20)
);
--> statement-breakpoint
CREATE INDEX `account_tokens_expires_at_index` ON `account_tokens` (`expires_at`);--> statement-breakpoint
CREATE INDEX `account_tokens_user_id_index` ON `account_tokens` (`user_id`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`name` text NOT NULL,
	`start` text NOT NULL,
	`key_hash` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`last_used_at` text,
	`expires_at` text,
	FOREIGN KEY (`user_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "api_keys_name_check" CHECK(length("name") >= 1 and length("name") <= 100),
	CONSTRAINT "api_keys_start_check" CHECK(length("start") <= 20),
	CONSTRAINT "api_keys_key_hash_check" CHECK(length("key_hash") <= 64)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_key_hash_unique` ON `api_keys` (`key_hash`);--> statement-breakpoint
CREATE INDEX `api_keys_user_id_index` ON `api_keys` (`user_id`);--> statement-breakpoint
CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`event` text NOT NULL,
	`account` text,
	`actor` text,
	`address` text,
	`device` text,
	`request_id` text,
	`details` text,
	CONSTRAINT "audit_event_check" CHECK(length("event") <= 40),
	CONSTRAINT "audit_account_check" CHECK(length("account") <= 255),
	CONSTRAINT "audit_actor_check" CHECK(length("actor") <= 255),
	CONSTRAINT "audit_address_check" CHECK(length("address") <= 64),
	CONSTRAINT "audit_device_check" CHECK(length("device") <= 200),
	CONSTRAINT "audit_request_id_check" CHECK(length("request_id") <= 200)
);
--> statement-breakpoint
CREATE INDEX `audit_account_index` ON `audit` (`account`);--> statement-breakpoint
CREATE INDEX `audit_request_id_index` ON `audit` (`request_id`);--> statement-breakpoint
CREATE TABLE `identities` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`issuer` text NOT NULL,
	`subject` text NOT NULL,
	`email` text,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "identities_issuer_check" CHECK(length("issuer") >= 1 and length("issuer") <= 200),
	CONSTRAINT "identities_subject_check" CHECK(length("subject") >= 1 and length("subject") <= 255),
	CONSTRAINT "identities_email_check" CHECK(length("email") <= 254)
);
--> statement-breakpoint
CREATE INDEX `identities_user_id_index` ON `identities` (`user_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `identities_issuer_subject` ON `identities` (`issuer`,`subject`);--> statement-breakpoint
CREATE TABLE `passkeys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`name` text NOT NULL,
	`credential_id` text NOT NULL,
	`public_key` text NOT NULL,
	`counter` integer NOT NULL,
	`transports` text NOT NULL,
	`backed_up` integer NOT NULL,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`last_used_at` text,
	FOREIGN KEY (`user_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "passkeys_name_check" CHECK(length("name") >= 1 and length("name") <= 100),
	CONSTRAINT "passkeys_credential_id_check" CHECK(length("credential_id") <= 1364),
	CONSTRAINT "passkeys_public_key_check" CHECK(length("public_key") <= 2000)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `passkeys_credential_id_unique` ON `passkeys` (`credential_id`);--> statement-breakpoint
CREATE INDEX `passkeys_user_id_index` ON `passkeys` (`user_id`);--> statement-breakpoint
CREATE TABLE `people` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email` text NOT NULL,
	`username` text NOT NULL,
	`hashed_password` text NOT NULL,
	`role` text DEFAULT 'user' NOT NULL,
	`verified_at` text,
	`disabled_at` text,
	`seen_at` text,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	CONSTRAINT "people_email_check" CHECK(length("email") <= 254),
	CONSTRAINT "people_username_check" CHECK(length("username") >= 3 and length("username") <= 40),
	CONSTRAINT "people_hashed_password_check" CHECK(length("hashed_password") <= 255),
	CONSTRAINT "people_role_check" CHECK("role" in ('user', 'editor', 'admin'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `people_email_unique` ON `people` (`email`);--> statement-breakpoint
CREATE UNIQUE INDEX `people_username_unique` ON `people` (`username`);--> statement-breakpoint
CREATE UNIQUE INDEX `people_username_caseless_unique` ON `people` (lower("username"));--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`family_hash` text NOT NULL,
	`token_hash` text NOT NULL,
	`previous_hash` text,
	`password_mark` text NOT NULL,
	`method` text NOT NULL,
	`device` text,
	`address` text,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`last_used_at` text NOT NULL,
	`expires_at` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "sessions_family_hash_check" CHECK(length("family_hash") <= 64),
	CONSTRAINT "sessions_token_hash_check" CHECK(length("token_hash") <= 64),
	CONSTRAINT "sessions_previous_hash_check" CHECK(length("previous_hash") <= 64),
	CONSTRAINT "sessions_password_mark_check" CHECK(length("password_mark") <= 64),
	CONSTRAINT "sessions_method_check" CHECK(length("method") <= 60),
	CONSTRAINT "sessions_device_check" CHECK(length("device") <= 200),
	CONSTRAINT "sessions_address_check" CHECK(length("address") <= 64)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_family_hash_unique` ON `sessions` (`family_hash`);--> statement-breakpoint
CREATE INDEX `sessions_user_id_index` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE TABLE `things` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`title` text NOT NULL,
	`price` real DEFAULT 0 NOT NULL,
	`org` text,
	`owner_id` integer NOT NULL,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`owner_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "things_title_check" CHECK(length("title") >= 1 and length("title") <= 200),
	CONSTRAINT "things_price_check" CHECK("price" >= 0),
	CONSTRAINT "things_org_check" CHECK(length("org") <= 100)
);
--> statement-breakpoint
CREATE INDEX `things_owner_id_index` ON `things` (`owner_id`);