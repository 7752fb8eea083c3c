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
