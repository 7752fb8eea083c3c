package dev.caravan.warehouse.postgresql;

import dev.caravan.warehouse.Database;
import dev.caravan.warehouse.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The views that use a column, and the views on them. PostgreSQL does not change the type of such a column, so they are
 * dropped before the change and created again after it, within the transaction.
 */
final class DependentViews {

    private static final Logger LOG = LoggerFactory.getLogger(DependentViews.class);

    private static final String USES = " FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid"
            + " AND d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass";

    /** The views in the order in which they build on each other, and whether their definition is all that they have. */
    private static final String VIEWS = "WITH RECURSIVE dependent AS (SELECT r.ev_class AS oid, 1 AS depth" + USES
            + " JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
            + " WHERE d.refobjid = to_regclass(?) AND a.attname = ?"
            + " UNION ALL SELECT r.ev_class, v.depth + 1" + USES + " JOIN dependent v ON d.refobjid = v.oid"
            + " AND r.ev_class <> v.oid)"
            + " SELECT format('%I.%I', s.nspname, c.relname), pg_get_viewdef(c.oid), array_to_string(c.reloptions, ', '),"
            + " quote_ident(pg_get_userbyid(c.relowner)), quote_literal(obj_description(c.oid, 'pg_class')),"
            + " c.relkind = 'v' AND NOT c.relhastriggers AND NOT EXISTS (SELECT 1 FROM pg_attribute a"
            + " WHERE a.attrelid = c.oid AND (a.attacl IS NOT NULL OR col_description(c.oid, a.attnum) IS NOT NULL))"
            + " AND (SELECT count(*) = 1 FROM pg_rewrite r WHERE r.ev_class = c.oid)"
            + " FROM (SELECT oid, max(depth) AS depth FROM dependent GROUP BY oid) v"
            + " JOIN pg_class c ON c.oid = v.oid JOIN pg_namespace s ON s.oid = c.relnamespace ORDER BY v.depth";

    private static final String GRANTS = "SELECT format('GRANT %s ON %s TO %s%s', g.privilege_type, ?,"
            + " CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,"
            + " CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
            + " FROM pg_class c, aclexplode(c.relacl) g WHERE c.oid = to_regclass(?) AND g.grantee <> c.relowner";

    private record View(
            String name, String query, String options, String owner, String comment, boolean isRestorable) {}

    private final Database database;
    private final List<String> statements = new ArrayList<>();
    private final List<String> names = new ArrayList<>();

    private DependentViews(Database database) {
        this.database = database;
    }

    /**
     * Drops the views that use a column. Drops none if one of them has what {@link #restore} cannot bring back, such as a
     * trigger: then PostgreSQL refuses to change the column.
     */
    static DependentViews drop(Database database, TableName table, String column) throws SQLException {
        DependentViews result = new DependentViews(database);
        List<View> views = database.query(
                VIEWS,
                row -> new View(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getBoolean(6)),
                database.dialect().qualified(table),
                column);
        if (!views.stream().allMatch(View::isRestorable)) {
            return result;
        }
        for (View view : views) {
            result.remember(view);
        }
        List<String> topDown = new ArrayList<>(result.names);
        Collections.reverse(topDown);
        for (String name : topDown) {
            database.update("DROP VIEW " + name);
        }
        return result;
    }

    private void remember(View view) throws SQLException {
        names.add(view.name());
        statements.add("CREATE VIEW " + view.name() + (view.options() == null ? "" : " WITH (" + view.options() + ")")
                + " AS " + view.query());
        statements.add("ALTER VIEW " + view.name() + " OWNER TO " + view.owner());
        if (view.comment() != null) {
            statements.add("COMMENT ON VIEW " + view.name() + " IS " + view.comment());
        }
        statements.addAll(database.query(GRANTS, row -> row.getString(1), view.name(), view.name()));
    }

    /** Creates them again, with their options, owner, comment and grants. */
    void restore() throws SQLException {
        for (String statement : statements) {
            database.update(statement);
        }
        if (!names.isEmpty()) {
            LOG.info("Views created again because a column of theirs has another type: {}", String.join(", ", names));
        }
    }
}
