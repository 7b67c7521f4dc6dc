-- Undoes 0002_write_records.
-- Loses data: drops the table weir_write_records
DROP TABLE `weir_write_records`;