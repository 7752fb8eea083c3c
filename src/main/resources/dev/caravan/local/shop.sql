-- Run once as superuser in the database "shop"; the roles exist already.
ALTER DATABASE shop OWNER TO shop;
REVOKE ALL ON DATABASE shop FROM PUBLIC;
GRANT CONNECT ON DATABASE shop TO caravan_reader;
ALTER ROLE caravan_reader SET default_transaction_read_only = on;

CREATE SCHEMA raw_data AUTHORIZATION shop;
GRANT USAGE ON SCHEMA raw_data TO caravan_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE shop IN SCHEMA raw_data GRANT SELECT ON TABLES TO caravan_reader;

SET LOCAL ROLE shop;

CREATE TABLE raw_data.products (
    audit_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id   integer NOT NULL,
    product_name text NOT NULL,
    price_usd    numeric(12, 2) NOT NULL,
    operation    text NOT NULL CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE')),
    valid_ts     timestamp NOT NULL
);
COMMENT ON TABLE raw_data.products IS 'Type 2 history: one row per change of a product';
CREATE INDEX products_valid_ts ON raw_data.products (valid_ts);
CREATE INDEX products_product_id ON raw_data.products (product_id, audit_id);

-- A table that no shipped pipeline copies: the README's example does.
CREATE TABLE raw_data.suppliers (
    supplier_id integer PRIMARY KEY,
    name        text NOT NULL,
    country     char(2) NOT NULL,
    since       date NOT NULL,
    rating      numeric(3, 2)
);
COMMENT ON TABLE raw_data.suppliers IS 'Who delivers what the shop sells';
INSERT INTO raw_data.suppliers VALUES
    (1, 'Nordic Oak', 'SE', '2016-03-01', 4.75),
    (2, 'Café Copper', 'FR', '2018-09-17', 4.20),
    (3, 'Wool & Sons', 'GB', '2011-01-05', 3.90),
    (4, 'Bambú Sur', 'CO', '2021-06-30', 4.55),
    (5, 'Glashütte Nord', 'DE', '2019-11-11', NULL);
