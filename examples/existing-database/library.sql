-- The database as the older application made it.
CREATE TABLE authors (
  id INTEGER PRIMARY KEY,
  name VARCHAR(200) NOT NULL,
  born INTEGER
);

CREATE TABLE books (
  id INTEGER PRIMARY KEY,
  title VARCHAR(300) NOT NULL,
  author_id INTEGER REFERENCES authors (id),
  isbn CHAR(13) UNIQUE,
  price DECIMAL(8, 2),
  on_loan TINYINT(1) NOT NULL DEFAULT 0,
  added_on DATE,
  changed_at INTEGER,
  remarks TEXT
);

CREATE TABLE staff (
  login VARCHAR(50) PRIMARY KEY,
  pin CHAR(4) NOT NULL
);

INSERT INTO authors VALUES
  (1, 'Mary Shelley', 1797),
  (2, 'Herman Melville', 1819),
  (3, 'Unknown', NULL);

INSERT INTO books VALUES
  (1, 'Frankenstein', 1, '9780141439471', 8.5, 0, '2019-04-01', 1554105600, 'Spine repaired'),
  (2, 'The Last Man', 1, NULL, 11.2, 1, '2020-01-15', 1579046400, NULL),
  (3, 'Moby-Dick', 2, '9780142437247', 14, 0, '2019-04-01', 1554105600, NULL),
  (4, 'Beowulf', 3, '9780140449310', NULL, 0, NULL, NULL, 'Gift');

INSERT INTO staff VALUES ('desk', '1234');
