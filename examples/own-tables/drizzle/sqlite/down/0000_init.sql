-- Undoes 0000_init.
-- Loses data: drops the table member
-- Loses data: drops the table membership
-- Loses data: drops the table project
-- Loses data: drops the table tag
-- Loses data: drops the table task_tag
-- Loses data: drops the table task
DROP TABLE `membership`;--> statement-breakpoint
DROP TABLE `member`;--> statement-breakpoint
DROP TABLE `task_tag`;--> statement-breakpoint
DROP TABLE `task`;--> statement-breakpoint
DROP TABLE `project`;--> statement-breakpoint
DROP TABLE `tag`;