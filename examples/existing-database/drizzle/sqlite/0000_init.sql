CREATE TABLE `authors` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`born` integer,
	CONSTRAINT "authors_name_check" CHECK(length("name") <= 200)
);
--> statement-breakpoint
CREATE TABLE `books` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`title` text NOT NULL,
	`author_id` integer,
	`isbn` text,
	`price` real,
	`on_loan` integer DEFAULT false NOT NULL,
	`added_on` text,
	`changed_at` integer,
	`remarks` text,
	FOREIGN KEY (`author_id`) REFERENCES `authors`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "books_title_check" CHECK(length("title") <= 300),
	CONSTRAINT "books_isbn_check" CHECK(length("isbn") <= 13),
	CONSTRAINT "books_added_on_check" CHECK(length("added_on") <= 10),
	CONSTRAINT "books_remarks_check" CHECK(length("remarks") <= 1000)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `books_isbn_unique` ON `books` (`isbn`);--> statement-breakpoint
CREATE INDEX `books_author_id_index` ON `books` (`author_id`);