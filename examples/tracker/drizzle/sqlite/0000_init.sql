CREATE TABLE `comments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`organization_id` integer NOT NULL,
	`issue_id` integer NOT NULL,
	`author_id` integer,
	`text` text NOT NULL,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`issue_id`) REFERENCES `issues`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "comments_text_check" CHECK(length("text") >= 1 and length("text") <= 10000)
);
--> statement-breakpoint
CREATE INDEX `comments_organization_id_index` ON `comments` (`organization_id`);--> statement-breakpoint
CREATE INDEX `comments_issue_id_index` ON `comments` (`issue_id`);--> statement-breakpoint
CREATE INDEX `comments_author_id_index` ON `comments` (`author_id`);--> statement-breakpoint
CREATE TABLE `invitations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`organization_id` integer NOT NULL,
	`user_id` integer,
	`email` text,
	`role` text DEFAULT 'member' NOT NULL,
	`invited_by` integer NOT NULL,
	`state` text DEFAULT 'pending' NOT NULL,
	`expires_at` text NOT NULL,
	`acceptance` text,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`invited_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "invitations_email_check" CHECK(length("email") <= 254),
	CONSTRAINT "invitations_role_check" CHECK("role" in ('member', 'admin')),
	CONSTRAINT "invitations_state_check" CHECK("state" in ('pending', 'accepted', 'declined', 'withdrawn')),
	CONSTRAINT "invitations_acceptance_check" CHECK(length("acceptance") <= 36)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_acceptance_unique` ON `invitations` (`acceptance`);--> statement-breakpoint
CREATE INDEX `invitations_organization_id_index` ON `invitations` (`organization_id`);--> statement-breakpoint
CREATE INDEX `invitations_user_id_index` ON `invitations` (`user_id`);--> statement-breakpoint
CREATE INDEX `invitations_invited_by_index` ON `invitations` (`invited_by`);--> statement-breakpoint
CREATE TABLE `issues` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`organization_id` integer NOT NULL,
	`project_id` integer NOT NULL,
	`parent_id` integer,
	`title` text NOT NULL,
	`description` text,
	`state` text DEFAULT 'open' NOT NULL,
	`author_id` integer,
	`assignee_id` integer,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`parent_id`) REFERENCES `issues`(`id`) ON UPDATE no action ON DELETE set null,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	FOREIGN KEY (`assignee_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "issues_title_check" CHECK(length("title") >= 1 and length("title") <= 200),
	CONSTRAINT "issues_description_check" CHECK(length("description") <= 10000),
	CONSTRAINT "issues_state_check" CHECK("state" in ('open', 'started', 'done'))
);
--> statement-breakpoint
CREATE INDEX `issues_organization_id_index` ON `issues` (`organization_id`);--> statement-breakpoint
CREATE INDEX `issues_project_id_index` ON `issues` (`project_id`);--> statement-breakpoint
CREATE INDEX `issues_parent_id_index` ON `issues` (`parent_id`);--> statement-breakpoint
CREATE INDEX `issues_author_id_index` ON `issues` (`author_id`);--> statement-breakpoint
CREATE INDEX `issues_assignee_id_index` ON `issues` (`assignee_id`);--> statement-breakpoint
CREATE TABLE `labels` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`organization_id` integer NOT NULL,
	`issue_id` integer NOT NULL,
	`name` text NOT NULL,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`issue_id`) REFERENCES `issues`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "labels_name_check" CHECK(length("name") >= 1 and length("name") <= 40)
);
--> statement-breakpoint
CREATE INDEX `labels_organization_id_name_index` ON `labels` (`organization_id`,`name`);--> statement-breakpoint
CREATE INDEX `labels_organization_id_index` ON `labels` (`organization_id`);--> statement-breakpoint
CREATE INDEX `labels_issue_id_index` ON `labels` (`issue_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `labels_issue_id_name_unique` ON `labels` (`issue_id`,`name`);--> statement-breakpoint
CREATE TABLE `memberships` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`organization_id` integer NOT NULL,
	`role` text DEFAULT 'member' NOT NULL,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "memberships_role_check" CHECK("role" in ('member', 'admin', 'owner'))
);
--> statement-breakpoint
CREATE INDEX `memberships_organization_role_index` ON `memberships` (`organization_id`,`role`);--> statement-breakpoint
CREATE INDEX `memberships_user_id_index` ON `memberships` (`user_id`);--> statement-breakpoint
CREATE INDEX `memberships_organization_id_index` ON `memberships` (`organization_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `memberships_user_organization_unique` ON `memberships` (`user_id`,`organization_id`);--> statement-breakpoint
CREATE TABLE `organizations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`founder_id` integer,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`founder_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "organizations_name_check" CHECK(length("name") >= 1 and length("name") <= 100)
);
--> statement-breakpoint
CREATE INDEX `organizations_founder_id_index` ON `organizations` (`founder_id`);--> statement-breakpoint
CREATE TABLE `projects` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`organization_id` integer NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "projects_name_check" CHECK(length("name") >= 1 and length("name") <= 100),
	CONSTRAINT "projects_description_check" CHECK(length("description") <= 10000)
);
--> statement-breakpoint
CREATE INDEX `projects_organization_id_index` ON `projects` (`organization_id`);--> statement-breakpoint
CREATE TABLE `statuses` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`organization_id` integer NOT NULL,
	`project_id` integer NOT NULL,
	`state` text NOT NULL,
	`summary` text,
	`author_id` integer,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "statuses_state_check" CHECK("state" in ('on_track', 'at_risk', 'off_track')),
	CONSTRAINT "statuses_summary_check" CHECK(length("summary") <= 1000)
);
--> statement-breakpoint
CREATE INDEX `statuses_organization_id_index` ON `statuses` (`organization_id`);--> statement-breakpoint
CREATE INDEX `statuses_project_id_index` ON `statuses` (`project_id`);--> statement-breakpoint
CREATE INDEX `statuses_author_id_index` ON `statuses` (`author_id`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email` text NOT NULL,
	`username` text NOT NULL,
	`hashed_password` text NOT NULL,
	`role` text DEFAULT 'user' NOT NULL,
	`verified_at` text,
	`created_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`updated_at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	CONSTRAINT "users_email_check" CHECK(length("email") <= 254),
	CONSTRAINT "users_username_check" CHECK(length("username") >= 3 and length("username") <= 40),
	CONSTRAINT "users_hashed_password_check" CHECK(length("hashed_password") <= 255),
	CONSTRAINT "users_role_check" CHECK("role" in ('user', 'admin'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_username_unique` ON `users` (`username`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_username_caseless_unique` ON `users` (lower("username"));