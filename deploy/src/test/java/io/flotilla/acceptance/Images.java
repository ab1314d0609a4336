package io.flotilla.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;

/** Image archives made from Debian packages, once per build. There is no registry to pull from. */
final class Images {
    /** Beside the project, unless FLOTILLA_IMAGES names another folder with the script. */
    private static final Path SCRIPTS = System.getenv("FLOTILLA_IMAGES") == null
            ? Host.ROOT.resolveSibling("shared").resolve("images")
            : Path.of(System.getenv("FLOTILLA_IMAGES"));

    private Images() {}

    static synchronized Path archive(String image) {
        Path folder = Host.ROOT.resolve("deploy/target/images");
        Path archive = folder.resolve(image + ".tar");
        if (!Files.exists(archive)) {
            Path script = SCRIPTS.resolve("make-images.sh");
            assertThat(script)
                    .as("the script that makes test images; set FLOTILLA_IMAGES to its folder")
                    .exists();
            Host.machine("bash", script.toString(), folder.toString(), image).ok();
        }
        return archive;
    }
}
