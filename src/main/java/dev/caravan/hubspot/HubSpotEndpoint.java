package dev.caravan.hubspot;

import dev.caravan.run.UsageException;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultEndpoint;

/**
 * Reads objects of HubSpot's CRM: those changed since the cursor that {@code readCursor} has left, or all of them if the
 * cursor is 1970.
 */
@UriEndpoint(
        firstVersion = "0.1.0",
        scheme = "hubspot",
        title = "HubSpot",
        syntax = "hubspot:objectType",
        producerOnly = true,
        remote = true,
        category = {Category.API, Category.SAAS})
public class HubSpotEndpoint extends DefaultEndpoint {

    static final String DEFAULT_VERSION = "2026-09";

    @UriPath(description = "The type of the objects: contacts, companies, deals, tickets, or that of a custom object.")
    @Metadata(required = true)
    private final String objectType;

    @UriParam(
            defaultValue = "default",
            description =
                    "The properties to read: names separated by commas; default for all whose name does not begin with hs_; all. The cursor is always read.")
    private String properties = "default";

    @UriParam(
            description =
                    "Types of objects, separated by commas, whose associations are read: a column associations_TYPE with their ids as a JSON array for each.")
    private String associations = "";

    @UriParam(
            description =
                    "Whether archived (deleted) objects are read too, all of them in each run. Adds the columns archived and archived_at.")
    private boolean archived;

    @UriParam(
            description =
                    "The property that changes with each change of an object. By default lastmodifieddate for contacts, and hs_lastmodifieddate for others.")
    private String cursor;

    @UriParam(
            defaultValue = "2026-09",
            description =
                    "The version of HubSpot's API, such as 2026-09, or v3, which HubSpot supports until September 2027.")
    private String version = DEFAULT_VERSION;

    @UriParam(defaultValue = "hubspot", description = "The bean with HubSpot's address and token.")
    private String api = "hubspot";

    HubSpotEndpoint(String uri, HubSpotComponent component, String objectType) {
        super(uri, component);
        this.objectType = objectType;
    }

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        if (!objectType.matches("\\w+(-\\w+)*")) {
            throw new UsageException("hubspot: needs a type of objects, as in hubspot:contacts, not " + objectType);
        }
        if (!version.matches("v3|20\\d\\d-(03|09)")) {
            throw new UsageException("hubspot:" + objectType + ": version must be v3 or as in 2026-09, not " + version);
        }
    }

    @Override
    public Producer createProducer() {
        return new HubSpotProducer(this);
    }

    @Override
    public Consumer createConsumer(Processor processor) {
        throw new UsageException("hubspot:" + objectType + " cannot be at the beginning of a route");
    }

    HubSpotClient client() {
        return ((HubSpotComponent) getComponent()).client(api);
    }

    String cursorProperty() {
        return cursor != null ? cursor : objectType.equals("contacts") ? "lastmodifieddate" : "hs_lastmodifieddate";
    }

    public String getObjectType() {
        return objectType;
    }

    public String getProperties() {
        return properties;
    }

    public void setProperties(String properties) {
        this.properties = properties;
    }

    public String getAssociations() {
        return associations;
    }

    public void setAssociations(String associations) {
        this.associations = associations;
    }

    public boolean isArchived() {
        return archived;
    }

    public void setArchived(boolean archived) {
        this.archived = archived;
    }

    public String getCursor() {
        return cursor;
    }

    public void setCursor(String cursor) {
        this.cursor = cursor;
    }

    public String getVersion() {
        return version;
    }

    public void setVersion(String version) {
        this.version = version;
    }

    public String getApi() {
        return api;
    }

    public void setApi(String api) {
        this.api = api;
    }
}
