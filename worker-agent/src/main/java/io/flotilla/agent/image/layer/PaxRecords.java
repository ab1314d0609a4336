package io.flotilla.agent.image.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;

/**
 * The extended header records (pax(1)) of one member, as octets. commons-compress decodes their values as UTF-8, which destroys
 * file capabilities and other binary attributes, so they are read a second time from the header's own blocks.
 */
record PaxRecords(Map<String, String> values) {
    static final String XATTR_PREFIX = "SCHILY.xattr.";
    private static final int BLOCK = TarConstants.DEFAULT_RCDSIZE;
    private static final int SIZE_AT = 124;
    private static final int TYPE_AT = 156;

    /** @param blocks all header blocks of the member, from the first extension to its own header */
    static PaxRecords parse(byte[] blocks) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        int at = 0;
        while (at + BLOCK <= blocks.length) {
            byte type = blocks[at + TYPE_AT];
            boolean pax =
                    type == TarConstants.LF_PAX_EXTENDED_HEADER_LC || type == TarConstants.LF_PAX_EXTENDED_HEADER_UC;
            boolean other = type == TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER
                    || type == TarConstants.LF_GNUTYPE_LONGNAME
                    || type == TarConstants.LF_GNUTYPE_LONGLINK;
            if (!pax && !other) {
                break;
            }
            int from = at + BLOCK;
            long sizeBytes = sizeBytes(blocks, at);
            if (sizeBytes < 0 || sizeBytes > blocks.length - from) {
                throw new IOException("pax header has an impossible size");
            }
            if (pax) {
                parse(Arrays.copyOfRange(blocks, from, from + (int) sizeBytes), values);
            }
            at = from + Math.ceilDiv((int) sizeBytes, BLOCK) * BLOCK;
        }
        return new PaxRecords(values);
    }

    Optional<String> name() {
        return Optional.ofNullable(values.getOrDefault("GNU.sparse.name", values.get("path")));
    }

    Optional<String> linkTarget() {
        return Optional.ofNullable(values.get("linkpath"));
    }

    Map<String, byte[]> xattrs() {
        Map<String, byte[]> xattrs = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(XATTR_PREFIX)) {
                xattrs.put(key.substring(XATTR_PREFIX.length()), value.getBytes(ISO_8859_1));
            }
        });
        return xattrs;
    }

    private static long sizeBytes(byte[] blocks, int at) throws IOException {
        try {
            return TarUtils.parseOctalOrBinary(blocks, at + SIZE_AT, TarConstants.SIZELEN);
        } catch (IllegalArgumentException e) {
            throw new IOException("tar header has an invalid size", e);
        }
    }

    /** Records are {@code <decimal length of the whole record> <key>=<value>\n}. */
    private static void parse(byte[] records, Map<String, String> into) throws IOException {
        String text = new String(records, ISO_8859_1);
        int at = 0;
        while (at < text.length() && text.charAt(at) != '\0') {
            int space = text.indexOf(' ', at);
            int end = space < 0 ? -1 : at + length(text.substring(at, space));
            int equals = space < 0 ? -1 : text.indexOf('=', space);
            if (equals < 0 || end > text.length() || equals >= end || text.charAt(end - 1) != '\n') {
                throw new IOException("malformed pax header record");
            }
            into.put(text.substring(space + 1, equals), text.substring(equals + 1, end - 1));
            at = end;
        }
    }

    private static int length(String decimal) throws IOException {
        if (!decimal.matches("[0-9]{1,8}")) {
            throw new IOException("malformed pax header record");
        }
        return Integer.parseInt(decimal);
    }
}
