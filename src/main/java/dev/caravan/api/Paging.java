package dev.caravan.api;

/** How an API announces that there are more rows than those of an answer. */
public enum Paging {
    /** One answer, which must not look like one of several pages. */
    NONE,
    /** One answer, whatever it looks like. */
    SINGLE,
    /** The header Link with rel=next. */
    LINK_HEADER,
    /** The address of the next page in the answer. */
    NEXT_URL,
    /** A token in the answer, sent back as a parameter. */
    CURSOR,
    /** Numbered pages. */
    PAGE,
    /** The number of rows to skip. */
    OFFSET
}
