package io.flotilla.acceptance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Archives that lead out of where they are unpacked, are broken, or grow beyond measure. */
final class HostileArchives {
    private static final int HEADER_BYTES = 512;
    private static final int SIZE_FIELD = 124;
    private static final int SUM_FIELD = 148;
    private static final int TYPE_FIELD = 156;
    private static final int BOMB_BYTES = 64 << 20;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarArchiveOutputStream tar;

    private HostileArchives() {
        tar = new TarArchiveOutputStream(bytes, UTF_8.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    }

    /**
     * By what is wrong with each.
     *
     * @param outside a folder of the host, with a file keep, that none may reach
     */
    static Map<String, byte[]> all(Path outside) throws IOException {
        String there = outside.toString();
        String up = "../../../../../../../../..";
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put("absolute name", new HostileArchives().file(there + "/a").end());
        all.put("name with ..", new HostileArchives().file(up + there + "/b").end());
        all.put("name with .. inside", new HostileArchives().file("x/../../y").end());
        all.put("name is ..", new HostileArchives().file("..").end());
        all.put("no name", new HostileArchives().file("").end());
        all.put(
                "through a link",
                new HostileArchives().link("l", there).file("l/c").end());
        all.put(
                "through a relative link",
                new HostileArchives().link("l2", up + there).file("l2/d").end());
        all.put(
                "through proc",
                new HostileArchives()
                        .link("l3", "/proc/1/root" + there)
                        .file("l3/e")
                        .end());
        all.put(
                "folder made a link",
                new HostileArchives().file("f/").link("f", there).file("f/g").end());
        all.put(
                "hard link",
                new HostileArchives().hardLink("h", there + "/keep").end());
        all.put(
                "relative hard link",
                new HostileArchives().hardLink("h2", up + there + "/keep").end());
        all.put(
                "hard link through a link",
                new HostileArchives()
                        .link("l4", there)
                        .hardLink("h3", "l4/keep")
                        .end());
        all.put(
                "link to itself",
                new HostileArchives().link("self", "self").file("self/x").end());
        all.put(
                "device",
                new HostileArchives().special("mem", TarConstants.LF_CHR).end());
        all.put(
                "disk",
                new HostileArchives().special("disk", TarConstants.LF_BLK).end());
        all.put(
                "fifo",
                new HostileArchives()
                        .special("ff", TarConstants.LF_FIFO)
                        .file("ff")
                        .end());
        all.put(
                "pax path",
                new HostileArchives().pax("path", up + there + "/p").file("p").end());
        all.put(
                "pax size",
                new HostileArchives().pax("size", "99999999999999").file("p2").end());
        all.put(
                "pax negative size",
                new HostileArchives().pax("size", "-5").file("p3").end());
        all.put(
                "pax sparse",
                new HostileArchives()
                        .pax("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.realsize", "9999999999")
                        .file("p4")
                        .end());
        all.put(
                "overlay attribute",
                new HostileArchives()
                        .pax("SCHILY.xattr.trusted.overlay.redirect", "/etc")
                        .file("o")
                        .end());
        all.put("long name", new HostileArchives().file("n".repeat(300)).end());
        all.put("deep name", new HostileArchives().file("d/".repeat(3000) + "x").end());
        byte[] good = new HostileArchives().file("good").end();
        all.put("huge size", spoiled(good, SIZE_FIELD, "77777777777"));
        all.put("size of no digits", spoiled(good, SIZE_FIELD, "zzzzzzzzzzz"));
        all.put("unknown type", spoiled(good, TYPE_FIELD, "Z"));
        all.put("sparse type", spoiled(good, TYPE_FIELD, "S"));
        byte[] badSum = good.clone();
        Arrays.fill(badSum, SUM_FIELD, SUM_FIELD + 6, (byte) '1');
        all.put("wrong sum", badSum);
        all.put("cut in a header", Arrays.copyOf(good, 100));
        all.put("cut in a member", Arrays.copyOf(good, HEADER_BYTES + 3));
        all.put("no archive", "hello".repeat(300).getBytes(UTF_8));
        all.put("nothing", new byte[0]);
        byte[] zipped = gzip(good, 0);
        all.put("cut in its compression", Arrays.copyOf(zipped, zipped.length / 2));
        all.put("compressed twice", gzip(zipped, 0));
        all.put("magic alone", new byte[] {'B', 'Z', 'h', '9', 0, 0});
        all.put("bomb", gzip(new HostileArchives().sized("bomb", BOMB_BYTES).header(), BOMB_BYTES));
        return all;
    }

    private HostileArchives file(String name) throws IOException {
        byte[] content = name.endsWith("/") ? new byte[0] : "evil".getBytes(UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(name, true);
        entry.setSize(content.length);
        return add(entry, content);
    }

    private HostileArchives link(String name, String target) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK, true);
        entry.setLinkName(target);
        return add(entry, new byte[0]);
    }

    private HostileArchives hardLink(String name, String target) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_LINK, true);
        entry.setLinkName(target);
        return add(entry, new byte[0]);
    }

    private HostileArchives special(String name, byte type) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
        entry.setDevMajor(1);
        entry.setDevMinor(1);
        return add(entry, new byte[0]);
    }

    /** A record of an extended header, LENGTH KEY=VALUE, for the member after it. */
    private HostileArchives pax(String... keysAndValues) throws IOException {
        StringBuilder records = new StringBuilder();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            String record = " " + keysAndValues[i] + "=" + keysAndValues[i + 1] + "\n";
            int length = record.length() + 2;
            length = record.length() + Integer.toString(length).length();
            records.append(length).append(record);
        }
        byte[] content = records.toString().getBytes(UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry("pax", TarConstants.LF_PAX_EXTENDED_HEADER_LC, true);
        entry.setSize(content.length);
        return add(entry, content);
    }

    private HostileArchives sized(String name, long sizeBytes) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, true);
        entry.setSize(sizeBytes);
        tar.putArchiveEntry(entry);
        return this;
    }

    private HostileArchives add(TarArchiveEntry entry, byte[] content) throws IOException {
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
        return this;
    }

    private byte[] end() throws IOException {
        tar.close();
        return bytes.toByteArray();
    }

    private byte[] header() {
        return Arrays.copyOf(bytes.toByteArray(), HEADER_BYTES);
    }

    private static byte[] gzip(byte[] content, int zeros) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(zipped)) {
            out.write(content);
            out.write(new byte[zeros]);
        }
        return zipped.toByteArray();
    }

    /** The first member's header with another field and the right sum. */
    private static byte[] spoiled(byte[] tar, int field, String value) {
        byte[] spoiled = tar.clone();
        System.arraycopy(value.getBytes(US_ASCII), 0, spoiled, field, value.length());
        Arrays.fill(spoiled, SUM_FIELD, SUM_FIELD + 8, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < HEADER_BYTES; i++) {
            sum += spoiled[i] & 0xFF;
        }
        System.arraycopy("%06o\0 ".formatted(sum).getBytes(US_ASCII), 0, spoiled, SUM_FIELD, 8);
        return spoiled;
    }
}
