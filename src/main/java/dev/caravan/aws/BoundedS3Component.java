package dev.caravan.aws;

import dev.caravan.run.Durations;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.camel.Endpoint;
import org.apache.camel.component.aws.common.AwsClientBuilderUtil;
import org.apache.camel.component.aws2.s3.AWS2S3Component;
import org.apache.camel.component.aws2.s3.AWS2S3Configuration;
import org.apache.camel.component.aws2.s3.AWS2S3Endpoint;
import org.apache.camel.spi.PropertyConfigurer;
import org.apache.camel.support.PluginHelper;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Camel's {@code aws2-s3:} component with a timeout for each call. The SDK has only one for reads, which a server that sends
 * slowly never reaches.
 *
 * <p>Property: {@code s3.timeout} (10m), the timeout of a call including the SDK's retries. Clients that the application
 * provides are not changed.
 *
 * <p>Bind it as {@code aws2-s3} in the registry.
 */
public class BoundedS3Component extends AWS2S3Component {

    private static final String TIMEOUT = "s3.timeout";

    private final Queue<S3Client> clients = new ConcurrentLinkedQueue<>();

    private Duration timeout;

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        timeout = Durations.positive(
                TIMEOUT,
                getCamelContext()
                        .resolvePropertyPlaceholders("{{" + TIMEOUT + ":10m}}")
                        .strip());
    }

    // the configurers are generated for Camel's own class, and found by its name
    @Override
    public PropertyConfigurer getComponentPropertyConfigurer() {
        return configurer("component");
    }

    @Override
    public PropertyConfigurer getEndpointPropertyConfigurer() {
        return configurer("endpoint");
    }

    private PropertyConfigurer configurer(String of) {
        return PluginHelper.getConfigurerResolver(getCamelContext())
                .resolvePropertyConfigurer("aws2-s3-" + of + "-configurer", getCamelContext());
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        AWS2S3Endpoint endpoint = (AWS2S3Endpoint) super.createEndpoint(uri, remaining, parameters);
        AWS2S3Configuration configuration = endpoint.getConfiguration();
        if (configuration.getAmazonS3Client() == null) {
            S3Client client = client(configuration, timeout);
            clients.add(client);
            configuration.setAmazonS3Client(client);
        }
        return endpoint;
    }

    /** Creates a client as Camel does, with the timeout. */
    private static S3Client client(AWS2S3Configuration configuration, Duration timeout) {
        return AwsClientBuilderUtil.buildClient(
                configuration, S3Client::builder, builder -> builder.forcePathStyle(configuration.isForcePathStyle())
                        .overrideConfiguration(each -> each.apiCallTimeout(timeout)));
    }

    /** Closes the clients; an endpoint closes only those that it has created itself. */
    @Override
    protected void doStop() throws Exception {
        super.doStop();
        for (S3Client client = clients.poll(); client != null; client = clients.poll()) {
            client.close();
        }
    }
}
