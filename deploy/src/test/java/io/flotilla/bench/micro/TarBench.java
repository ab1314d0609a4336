package io.flotilla.bench.micro;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.layer.TarEntry;
import io.flotilla.agent.image.layer.TarReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Reading a layer: 1,000 members of one size to their ends. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TarBench {
    private static final int MEMBERS = 1_000;

    @Param({"100", "4096", "65536"})
    public int memberBytes;

    private byte[] tar = {};
    private final byte[] buffer = new byte[64 * 1024];

    @Setup
    public void write() throws IOException {
        byte[] content = new byte[memberBytes];
        new Random(1).nextBytes(content);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes)) {
            for (int i = 0; i < MEMBERS; i++) {
                TarArchiveEntry entry = new TarArchiveEntry("usr/share/doc/package-%d/copyright".formatted(i));
                entry.setSize(content.length);
                out.putArchiveEntry(entry);
                out.write(content);
                out.closeArchiveEntry();
            }
        }
        tar = bytes.toByteArray();
    }

    @Benchmark
    public long membersRead() throws ImageRefused {
        TarReader reader = new TarReader(new ByteArrayInputStream(tar), "layer");
        long read = 0;
        for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            for (int count = reader.read(buffer); count > 0; count = reader.read(buffer)) {
                read += count;
            }
        }
        return read;
    }
}
