package io.flotilla.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What this build is, as Maven wrote it. */
public final class Version {
    private static final Properties WRITTEN = read();

    /** Such as 0.1.0-SNAPSHOT. */
    public static final String CURRENT = WRITTEN.getProperty("version", "unknown");

    /** RFC 3339. */
    public static final String BUILT = WRITTEN.getProperty("built", "");

    /** The newest Engine API version served. */
    public static final String ENGINE_API = "1.52";

    private Version() {}

    private static Properties read() {
        try (InputStream in = Version.class.getResourceAsStream("/flotilla-version.properties")) {
            if (in == null) {
                throw new IllegalStateException("flotilla-version.properties is missing from the application");
            }
            Properties properties = new Properties();
            properties.load(in);
            return properties;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
