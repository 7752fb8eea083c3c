package dev.caravan.warehouse;

import dev.caravan.data.ColumnType;
import dev.caravan.run.UsageException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/** Loads rows into a table of a warehouse, exactly once. */
@UriEndpoint(
        firstVersion = "0.1.0",
        scheme = "warehouse",
        title = "Warehouse",
        syntax = "warehouse:table",
        producerOnly = true,
        remote = true,
        category = {Category.DATABASE},
        headersClass = WarehouseConstants.class)
public class WarehouseEndpoint extends DefaultEndpoint {

    private static final Pattern KEY_COLUMN =
            Pattern.compile("\\s*(?:\"((?:[^\"]|\"\")+)\"\\s*|([^\",\\s][^,]*))(?=,|$)");

    @UriPath(description = "The table as DATABASE.SCHEMA.TABLE; DATABASE.SCHEMA for operation=script.")
    @Metadata(required = true)
    private final String table;

    @UriParam(
            defaultValue = "load",
            enums = "load,readCursor,script",
            description = "load loads the rows of the body into the table. readCursor sets the body and the header"
                    + " CamelWarehouseCursor to the value up to which the table has been loaded. script runs the SQL"
                    + " statements of the body, which must be repeatable.")
    private Operation operation = Operation.LOAD;

    @UriParam(
            label = "load",
            enums = "replace,append,merge",
            description =
                    "How to treat the rows of the table: replace deletes them, append keeps them, merge updates those"
                            + " whose key is loaded again. Required for operation=load.")
    private Mode mode;

    @UriParam(
            label = "load",
            description =
                    "The columns that identify a row, separated by commas; a name with a comma is put in double quotes."
                            + " Required for mode=merge. With mode=append, rows whose key exists in the table are skipped.")
    private String key;

    @UriParam(
            label = "cursor",
            description =
                    "The column whose greatest value is stored with the load, so that the next load can continue after"
                            + " it.")
    private String cursor;

    @UriParam(
            label = "cursor",
            enums = "now",
            description =
                    "now ignores values in the future when the cursor, which must be a time, is computed; the rows"
                            + " are loaded. Needs mode=merge, mode=replace or a key, because later runs read such rows again.")
    private CursorLimit maxCursor;

    @UriParam(
            label = "cursor",
            description =
                    "How far before the cursor readCursor starts: a duration such as 15m for times, a number of days"
                            + " for dates, a number for numbers.")
    private String lag;

    @UriParam(
            label = "cursor",
            description =
                    "The value that readCursor returns if nothing has been loaded yet; with a lag, also its lower limit.")
    private String initialValue;

    @UriParam(
            label = "load",
            description = "Whether mode=replace can leave an empty table. Otherwise an empty source is an error.")
    private boolean allowEmpty;

    @UriParam(
            label = "schema",
            defaultValue = "evolve",
            enums = "evolve,freeze",
            description =
                    "What to do if the rows do not fit the table: evolve creates the table, adds columns and widens types;"
                            + " freeze rejects the load.")
    private SchemaPolicy schema = SchemaPolicy.EVOLVE;

    @UriParam(
            label = "schema",
            prefix = "type.",
            multiValue = true,
            description =
                    "The types of columns whose source does not declare them, as type.COLUMN=TYPE: BOOLEAN, INTEGER,"
                            + " DECIMAL(digits,scale), DOUBLE, DATE, TIME, TIMESTAMP, TIMESTAMP_TZ, TEXT, BINARY or JSON. A value that"
                            + " does not fit is an error.")
    private Map<String, Object> types = new LinkedHashMap<>();

    @UriParam(
            label = "load,advanced",
            description =
                    "The id of the load. A load with an id that has been committed is skipped. By default it derives from"
                            + " the run and the step.")
    private String loadId;

    public WarehouseEndpoint(String uri, WarehouseComponent component, String table) {
        super(uri, component);
        this.table = table;
    }

    /** Checks the options here, when Camel still knows the place in the route file. */
    @Override
    protected void doInit() throws Exception {
        super.doInit();
        if (operation == Operation.SCRIPT) {
            TableName.parseSchema(table);
        } else {
            spec(null, null);
        }
        if (operation == Operation.LOAD) {
            check();
        }
    }

    private void check() {
        if (TableName.parse(table).table().toLowerCase(Locale.ROOT).startsWith(Bookkeeping.RESERVED)) {
            throw new UsageException(
                    "warehouse:" + table + ": names that begin with " + Bookkeeping.RESERVED + " are reserved");
        }
        if (mode == null) {
            throw new UsageException(
                    "warehouse:" + table + ": the option mode is missing. Set mode to replace (the rows"
                            + " replace those of the table), append (they are added) or merge (they update those of the same"
                            + " key)");
        }
        if (maxCursor != null && (cursor == null || (mode == Mode.APPEND && key == null))) {
            throw new UsageException("warehouse:" + table + ": maxCursor needs the option cursor, and with mode=append"
                    + " the option key too, because later runs read rows beyond it again");
        }
        if ((mode == Mode.MERGE && key == null) || (mode == Mode.REPLACE && key != null)) {
            throw new UsageException(
                    "warehouse:" + table + ": mode=merge needs the option key, and mode=replace does not allow it");
        } else if (allowEmpty && mode != Mode.REPLACE) {
            throw new UsageException("warehouse:" + table + ": the option allowEmpty needs mode=replace");
        }
    }

    @Override
    public Producer createProducer() {
        Engine engine = ((WarehouseComponent) getComponent()).warehouse().engine();
        return switch (operation) {
            case LOAD -> new LoadProducer(this, engine);
            case READ_CURSOR -> new ReadCursorProducer(this, engine, TableName.parse(table));
            case SCRIPT -> new ScriptProducer(this, engine, TableName.parseSchema(table));
        };
    }

    @Override
    public Consumer createConsumer(Processor processor) {
        throw new UnsupportedOperationException("warehouse:" + table + " can only be used with to, not with from");
    }

    /** Returns the specification of a load by the options. */
    LoadSpec spec(String id, String run) {
        return new LoadSpec(
                TableName.parse(table),
                id,
                run,
                mode,
                keyColumns(),
                cursor,
                maxCursor,
                explicitTypes(),
                schema == SchemaPolicy.FREEZE,
                allowEmpty);
    }

    private List<String> keyColumns() {
        if (key == null) {
            return List.of();
        }
        List<String> columns = new ArrayList<>();
        Matcher column = KEY_COLUMN.matcher(key);
        for (int at = 0; at <= key.length(); at = column.end() + 1) {
            if (!column.find(at) || column.start() != at) {
                throw new UsageException("warehouse:" + table + ": key=" + key
                        + " is not a list of columns: separate them by commas, and put"
                        + " a name with a comma in double quotes");
            }
            columns.add(
                    column.group(1) == null
                            ? column.group(2).strip()
                            : column.group(1).replace("\"\"", "\""));
        }
        return columns;
    }

    /** Returns the types that the user has set, by column. */
    Map<String, ColumnType> explicitTypes() {
        Map<String, ColumnType> explicit = new LinkedHashMap<>();
        types.forEach((column, type) -> explicit.put(column, Types.parse(String.valueOf(type))));
        return explicit;
    }

    public String getTable() {
        return table;
    }

    public Operation getOperation() {
        return operation;
    }

    public void setOperation(Operation operation) {
        this.operation = operation;
    }

    public Mode getMode() {
        return mode;
    }

    public void setMode(Mode mode) {
        this.mode = mode;
    }

    public String getKey() {
        return key;
    }

    public void setKey(String key) {
        this.key = key;
    }

    public String getCursor() {
        return cursor;
    }

    public void setCursor(String cursor) {
        this.cursor = cursor;
    }

    public CursorLimit getMaxCursor() {
        return maxCursor;
    }

    public void setMaxCursor(CursorLimit maxCursor) {
        this.maxCursor = maxCursor;
    }

    public String getLag() {
        return lag;
    }

    public void setLag(String lag) {
        this.lag = lag;
    }

    public String getInitialValue() {
        return initialValue;
    }

    public void setInitialValue(String initialValue) {
        this.initialValue = initialValue;
    }

    public boolean isAllowEmpty() {
        return allowEmpty;
    }

    public void setAllowEmpty(boolean allowEmpty) {
        this.allowEmpty = allowEmpty;
    }

    public SchemaPolicy getSchema() {
        return schema;
    }

    public void setSchema(SchemaPolicy schema) {
        this.schema = schema;
    }

    public Map<String, Object> getTypes() {
        return types;
    }

    public void setTypes(Map<String, Object> types) {
        this.types = types;
    }

    public String getLoadId() {
        return loadId;
    }

    public void setLoadId(String loadId) {
        this.loadId = loadId;
    }
}
