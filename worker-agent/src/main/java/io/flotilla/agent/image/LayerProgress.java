package io.flotilla.agent.image;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.function.Consumer;

/** Docker's progress messages while a layer's blob is read: every 512 KiB, and when it ends. One thread. */
public final class LayerProgress extends FilterInputStream {
    private static final long STEP_BYTES = 512 * 1024;
    private static final int BAR_WIDTH = 50;
    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB"};
    /** As Go's %.4g. */
    private static final MathContext FOUR_DIGITS = new MathContext(4);

    private final Told told;
    private final long totalBytes;
    private long currentBytes;
    private long reportedBytes = -1;

    /**
     * Whom to tell, and under which words.
     *
     * @param status such as Loading layer, Extracting
     * @param layer what docker shows the layer by
     */
    public record Told(String status, String layer, Consumer<ObjectNode> progress) {}

    LayerProgress(InputStream blob, long totalBytes, Told told) {
        super(blob);
        this.totalBytes = totalBytes;
        this.told = told;
    }

    @Override
    public int read() throws IOException {
        int value = in.read();
        advance(value < 0 ? -1 : 1);
        return value;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int count = in.read(buffer, offset, length);
        advance(count);
        return count;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void advance(int count) {
        currentBytes += Math.max(0, count);
        boolean ended = count < 0 && reportedBytes != currentBytes;
        if (ended || currentBytes - Math.max(0, reportedBytes) >= STEP_BYTES) {
            reportedBytes = currentBytes;
            told.progress().accept(message(told.status(), told.layer(), currentBytes, totalBytes));
        }
    }

    /** {@code {"status":...,"progressDetail":{"current":...,"total":...},"progress":...,"id":...}} */
    public static ObjectNode message(String status, String layer, long currentBytes, long totalBytes) {
        ObjectNode message = JsonNodeFactory.instance.objectNode().put("status", status);
        message.putObject("progressDetail").put("current", currentBytes).put("total", totalBytes);
        return message.put("progress", bar(currentBytes, totalBytes)).put("id", layer);
    }

    /** {@code {"status":...,"progressDetail":{},"id":...}}, for what has no measure. */
    public static ObjectNode message(String status, String layer) {
        ObjectNode message = JsonNodeFactory.instance.objectNode().put("status", status);
        message.putObject("progressDetail");
        return message.put("id", layer);
    }

    /** The bar of Docker's jsonmessage package, which old clients print as it is. */
    private static String bar(long currentBytes, long totalBytes) {
        if (totalBytes <= 0 || currentBytes > totalBytes) {
            return "%8s".formatted(humanSize(currentBytes));
        }
        int done = (int) ((double) currentBytes / totalBytes * 100) / 2;
        return "[" + "=".repeat(done) + ">" + " ".repeat(BAR_WIDTH - done) + "] "
                + "%8s/%s".formatted(humanSize(currentBytes), humanSize(totalBytes));
    }

    /** As go-units prints sizes: 2.048kB. */
    private static String humanSize(long bytes) {
        BigDecimal size = BigDecimal.valueOf(bytes);
        int unit = 0;
        while (size.compareTo(BigDecimal.valueOf(1000)) >= 0 && unit < UNITS.length - 1) {
            size = size.movePointLeft(3);
            unit++;
        }
        return size.round(FOUR_DIGITS).stripTrailingZeros().toPlainString() + UNITS[unit];
    }
}
