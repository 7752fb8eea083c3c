package dev.caravan.api;

import dev.caravan.run.Durations;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/** Reads the rows of a REST API, page by page. */
@UriEndpoint(
        firstVersion = "0.1.0",
        scheme = "api",
        title = "REST API",
        syntax = "api:name/path",
        producerOnly = true,
        remote = true,
        category = {Category.HTTP, Category.API})
public class ApiEndpoint extends DefaultEndpoint {

    @UriPath(description = "The bean that describes the API: camel.beans.NAME = #class:dev.caravan.api.Api.")
    @Metadata(required = true)
    private final String name;

    @UriPath(
            description =
                    "The path below the API's address. With columns in braces, such as issues/{number}/comments, it is requested"
                            + " for each row of the body.")
    private final String path;

    @UriParam(
            label = "paging",
            defaultValue = "none",
            enums = "none,single,link-header,next-url,cursor,page,offset",
            description =
                    "How the API announces further pages. none: there is one page, and an answer that looks like one of several is an error. single: there is one page, whatever it looks like. link-header: the header Link. next-url: an address in the answer. cursor: a token in the answer. page: numbered pages. offset: a number of rows to skip.")
    private Paging paging = Paging.NONE;

    @UriParam(
            label = "records",
            description =
                    "The JSON pointer of the rows in the answer, such as /data/items; / makes one row of the whole answer. By default the answer is the array of the rows.")
    private String records;

    @UriParam(label = "records", description = "Whether an empty text is NULL.")
    private boolean emptyIsNull;

    @UriParam(
            label = "records",
            description = "Whether fractions keep all their digits, in DECIMAL columns. Otherwise they are doubles.")
    private boolean decimals;

    @UriParam(label = "request", defaultValue = "GET", enums = "GET,POST", description = "The method of HTTP.")
    private String method = "GET";

    @UriParam(
            label = "request",
            description = "The JSON body of method=POST; it can contain expressions of the language Simple.")
    private String body;

    @UriParam(
            label = "paging",
            description =
                    "The JSON pointer of the next address for paging=next-url, or of the token for paging=cursor. A missing, null or empty value marks the last page.")
    private String next;

    @UriParam(
            label = "paging",
            description =
                    "The parameter for the token of paging=cursor. A name that begins with a slash is a JSON pointer in the body, for this and all other parameters.")
    private String nextParam;

    @UriParam(label = "paging", description = "The JSON pointer of a boolean that is false on the last page.")
    private String more;

    @UriParam(
            label = "paging",
            description =
                    "The JSON pointer of the number of all rows. It marks the end of paging=page and offset; fewer rows are an error.")
    private String total;

    @UriParam(label = "paging", defaultValue = "page", description = "The parameter for the number of the page.")
    private String pageParam = "page";

    @UriParam(label = "paging", defaultValue = "1", description = "The number of the first page.")
    private int firstPage = 1;

    @UriParam(label = "paging", defaultValue = "offset", description = "The parameter for the number of rows to skip.")
    private String offsetParam = "offset";

    @UriParam(label = "paging", defaultValue = "limit", description = "The parameter for pageSize.")
    private String limitParam = "limit";

    @UriParam(label = "paging", description = "The rows of a page to ask for. By default the API decides.")
    private Integer pageSize;

    @UriParam(
            label = "cursor",
            description = "The parameter for the cursor that warehouse:...?operation=readCursor has read.")
    private String cursorParam;

    @UriParam(
            label = "cursor",
            defaultValue = "iso",
            enums = "iso,epochMillis,epochSeconds,date",
            description =
                    "How times are written: iso as 2026-01-31T09:00:00Z, epochMillis, epochSeconds, or date as 2026-01-31.")
    private CursorFormat cursorFormat = CursorFormat.ISO;

    @UriParam(
            label = "cursor",
            description =
                    "Reads from the cursor until now in windows of this length, such as 7d, for APIs that want a range of time. With cursorFormat=date both ends are days that belong to the window; otherwise a window ends where the next begins.")
    private String dateWindow;

    @UriParam(label = "cursor", defaultValue = "start", description = "The parameter for the beginning of a window.")
    private String startParam = "start";

    @UriParam(label = "cursor", defaultValue = "end", description = "The parameter for the end of a window.")
    private String endParam = "end";

    @UriParam(
            label = "request",
            description =
                    "Whether an answer is requested again only if it has changed since an exchange of this process that completed (ETag); it is kept in memory. Only for paging=none and single.")
    private boolean conditional;

    @UriParam(
            label = "child",
            defaultValue = "4",
            description = "How many parents are requested at the same time, if the path contains columns of parents.")
    private int parallel = 4;

    @UriParam(
            label = "request",
            prefix = "query.",
            multiValue = true,
            description =
                    "The parameters of the query, as query.NAME=VALUE; values can contain expressions of the language Simple.")
    private Map<String, Object> query = new LinkedHashMap<>();

    @UriParam(
            label = "request",
            prefix = "header.",
            multiValue = true,
            description =
                    "The headers of the request, as header.NAME=VALUE; values can contain expressions of the language Simple.")
    private Map<String, Object> headers = new LinkedHashMap<>();

    @UriParam(
            label = "child",
            prefix = "parent.",
            multiValue = true,
            description = "The columns that rows take along from their parents, as parent.COLUMN=COLUMN_OF_THE_PARENT.")
    private Map<String, Object> parent = new LinkedHashMap<>();

    public ApiEndpoint(String uri, ApiComponent component, String name, String path) {
        super(uri, component);
        this.name = name;
        this.path = path;
    }

    /** Checks the options here, when Camel still knows the place in the route file. */
    @Override
    protected void doInit() throws Exception {
        super.doInit();
        ((ApiComponent) getComponent()).api(name);
        pointer("records", records);
        pointer("next", next);
        pointer("more", more);
        pointer("total", total);
        boolean follows = paging == Paging.NEXT_URL || paging == Paging.CURSOR;
        require(follows == (next != null), "next is for paging=next-url and paging=cursor, which need it");
        require((paging == Paging.CURSOR) == (nextParam != null), "nextParam is for paging=cursor, which needs it");
        require(
                more == null || (paging != Paging.NONE && paging != Paging.SINGLE),
                "more is for paging=link-header, next-url, cursor, page and offset");
        require(pageSize == null || pageSize > 0, "pageSize must be positive");
        require(parallel > 0, "parallel must be positive");
        require(body == null || isPost(), "body needs method=POST");
        for (String parameter :
                new String[] {nextParam, pageParam, offsetParam, limitParam, cursorParam, startParam, endParam}) {
            require(
                    parameter == null || !parameter.startsWith("/") || isPost(),
                    parameter + " is a pointer in the body, which needs method=POST");
        }
        require(
                !conditional
                        || ((paging == Paging.NONE || paging == Paging.SINGLE)
                                && !isPost()
                                && !isChild()
                                && dateWindow == null
                                && cursorParam == null),
                "conditional is for one answer to a GET: paging=none or single, without columns in braces, dateWindow and cursorParam");
        require(dateWindow == null || cursorParam == null, "dateWindow and cursorParam exclude each other");
        require(isChild() || parent.isEmpty(), "parent.COLUMN needs a path with columns of the parent in braces");
        require(!isChild() || dateWindow == null, "dateWindow does not work for a path with columns in braces");
        if (dateWindow != null) {
            Duration window = window();
            boolean wholeDays = window.equals(Duration.ofDays(window.toDays()));
            require(
                    cursorFormat != CursorFormat.DATE || wholeDays,
                    "dateWindow must be whole days with cursorFormat=date");
        }
    }

    private void pointer(String option, String pointer) {
        require(
                pointer == null || pointer.startsWith("/"),
                option + " must be a JSON pointer such as /data/items, not '" + pointer + "'");
    }

    private void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new UsageException(name() + ": " + otherwise);
        }
    }

    private boolean isPost() {
        return method.equals("POST");
    }

    @Override
    public Producer createProducer() {
        return new ApiProducer(this);
    }

    @Override
    public Consumer createConsumer(Processor processor) {
        throw new UnsupportedOperationException(name() + " can only be used with to, not with from");
    }

    /** Returns the endpoint's name for messages. */
    String name() {
        return "api:" + name + (path.isEmpty() ? "" : "/" + path);
    }

    ApiClient client() {
        return ((ApiComponent) getComponent()).client(name);
    }

    /** Returns whether it is requested for each row of the body. */
    boolean isChild() {
        return ApiProducer.COLUMN.matcher(path.replace("${", "")).find();
    }

    Duration window() {
        return Durations.positive("dateWindow", dateWindow);
    }

    CursorFormat cursorFormat() {
        return cursorFormat;
    }

    Pages.Plan plan() {
        boolean offset = paging == Paging.OFFSET;
        return new Pages.Plan(
                paging,
                new PageReader.Form(records, emptyIsNull, decimals),
                next,
                nextParam,
                more,
                total,
                offset ? offsetParam : pageParam,
                offset ? 0 : firstPage,
                limitParam,
                pageSize);
    }

    public String getName() {
        return name;
    }

    public String getPath() {
        return path;
    }

    public Paging getPaging() {
        return paging;
    }

    public void setPaging(Paging paging) {
        this.paging = paging;
    }

    public String getRecords() {
        return records;
    }

    public void setRecords(String records) {
        this.records = records;
    }

    public boolean isEmptyIsNull() {
        return emptyIsNull;
    }

    public void setEmptyIsNull(boolean emptyIsNull) {
        this.emptyIsNull = emptyIsNull;
    }

    public boolean isDecimals() {
        return decimals;
    }

    public void setDecimals(boolean decimals) {
        this.decimals = decimals;
    }

    public String getMethod() {
        return method;
    }

    public void setMethod(String method) {
        this.method = method;
    }

    public String getBody() {
        return body;
    }

    public void setBody(String body) {
        this.body = body;
    }

    public String getNext() {
        return next;
    }

    public void setNext(String next) {
        this.next = next;
    }

    public String getNextParam() {
        return nextParam;
    }

    public void setNextParam(String nextParam) {
        this.nextParam = nextParam;
    }

    public String getMore() {
        return more;
    }

    public void setMore(String more) {
        this.more = more;
    }

    public String getTotal() {
        return total;
    }

    public void setTotal(String total) {
        this.total = total;
    }

    public String getPageParam() {
        return pageParam;
    }

    public void setPageParam(String pageParam) {
        this.pageParam = pageParam;
    }

    public int getFirstPage() {
        return firstPage;
    }

    public void setFirstPage(int firstPage) {
        this.firstPage = firstPage;
    }

    public String getOffsetParam() {
        return offsetParam;
    }

    public void setOffsetParam(String offsetParam) {
        this.offsetParam = offsetParam;
    }

    public String getLimitParam() {
        return limitParam;
    }

    public void setLimitParam(String limitParam) {
        this.limitParam = limitParam;
    }

    public Integer getPageSize() {
        return pageSize;
    }

    public void setPageSize(Integer pageSize) {
        this.pageSize = pageSize;
    }

    public String getCursorParam() {
        return cursorParam;
    }

    public void setCursorParam(String cursorParam) {
        this.cursorParam = cursorParam;
    }

    public CursorFormat getCursorFormat() {
        return cursorFormat;
    }

    public void setCursorFormat(CursorFormat cursorFormat) {
        this.cursorFormat = cursorFormat;
    }

    public String getDateWindow() {
        return dateWindow;
    }

    public void setDateWindow(String dateWindow) {
        this.dateWindow = dateWindow;
    }

    public String getStartParam() {
        return startParam;
    }

    public void setStartParam(String startParam) {
        this.startParam = startParam;
    }

    public String getEndParam() {
        return endParam;
    }

    public void setEndParam(String endParam) {
        this.endParam = endParam;
    }

    public int getParallel() {
        return parallel;
    }

    public void setParallel(int parallel) {
        this.parallel = parallel;
    }

    public boolean isConditional() {
        return conditional;
    }

    public void setConditional(boolean conditional) {
        this.conditional = conditional;
    }

    public Map<String, Object> getQuery() {
        return query;
    }

    public void setQuery(Map<String, Object> query) {
        this.query = query;
    }

    public Map<String, Object> getHeaders() {
        return headers;
    }

    public void setHeaders(Map<String, Object> headers) {
        this.headers = headers;
    }

    public Map<String, Object> getParent() {
        return parent;
    }

    public void setParent(Map<String, Object> parent) {
        this.parent = parent;
    }
}
