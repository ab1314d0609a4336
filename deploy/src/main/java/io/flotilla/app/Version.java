package io.flotilla.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of this build, as Maven wrote it. */
public final class Version {
    /** Such as 0.1.0-SNAPSHOT. */
    public static final String CURRENT = read("version");

    /** The newest Engine API version served. */
    public static final String ENGINE_API = "1.52";

    private Version() {}

    private static String read(String key) {
        try (InputStream in = Version.class.getResourceAsStream("/flotilla-version.properties")) {
            if (in == null) {
                throw new IllegalStateException("flotilla-version.properties is missing from the application");
            }
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty(key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
