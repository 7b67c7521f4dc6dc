-- Undoes 0000_init.
-- Loses data: drops the table lines
-- Loses data: drops the table mails
-- Loses data: drops the table orders
-- Loses data: drops the table products
-- Loses data: drops the table weir_row_history
-- Loses data: drops the table users
-- Loses data: drops the table weir_write_records
DROP TABLE `lines`;--> statement-breakpoint
DROP TABLE `mails`;--> statement-breakpoint
DROP TABLE `orders`;--> statement-breakpoint
DROP TABLE `products`;--> statement-breakpoint
DROP TABLE `weir_row_history`;--> statement-breakpoint
DROP TABLE `users`;--> statement-breakpoint
DROP TABLE `weir_write_records`;