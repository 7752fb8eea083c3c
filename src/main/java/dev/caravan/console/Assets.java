package dev.caravan.console;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/** The style sheet, script and icon. Nothing is loaded from the network. */
final class Assets {

    private static final Map<String, String> TYPES = Map.of(
            "console.css", "text/css; charset=utf-8",
            "console.js", "text/javascript; charset=utf-8",
            "icon.svg", "image/svg+xml");

    private Assets() {}

    /** Returns the paths of all assets. */
    static Set<String> paths() {
        return TYPES.keySet().stream().map(Assets::path).collect(java.util.stream.Collectors.toSet());
    }

    private static String path(String name) {
        return "/assets/" + name;
    }

    /** Returns the address of an asset, which changes with its content. */
    static String address(String name) {
        CRC32 crc = new CRC32();
        crc.update(read(name).getBytes());
        return path(name) + "?" + Long.toHexString(crc.getValue());
    }

    static void mount(Router router) {
        TYPES.forEach((name, type) -> {
            Buffer content = read(name);
            router.get(path(name)).handler(request -> request.response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, type)
                    .putHeader(HttpHeaders.CACHE_CONTROL, "max-age=31536000, immutable")
                    .end(content));
        });
    }

    private static Buffer read(String name) {
        try (InputStream in = Assets.class.getResourceAsStream(name)) {
            return Buffer.buffer(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
