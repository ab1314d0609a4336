package io.flotilla.agent.network.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.network.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {

    @Test
    void keepsWhatWasDecidedUntilItIsRemoved(@TempDir Path folder) throws IOException {
        StoredAttachment web = new StoredAttachment(
                "web",
                "vx-00001",
                "172.17.0.2",
                16,
                "172.17.0.1",
                null,
                List.of(new PortMapping(Protocol.TCP, 80, "", 8080)));
        StoredAttachment alone = StoredAttachment.isolated("alone");
        IngressPort port = new IngressPort(Protocol.UDP, 53, 5353, List.of(InetAddress.ofLiteral("172.17.0.2")));
        Journal journal = new Journal(folder.resolve("network"));
        journal.open();
        journal.write(web);
        journal.write(alone);
        journal.writeIngress(List.of(port));

        Journal again = new Journal(folder.resolve("network"));
        again.open();
        assertThat(again.attachments()).containsExactlyInAnyOrder(web, alone);
        assertThat(again.ingress()).containsExactly(port);
        again.remove("web");
        assertThat(again.attachment("web")).isEmpty();
        Journal.delete(folder.resolve("network"));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void damagedFileIsNamed(@TempDir Path folder) throws IOException {
        Journal journal = new Journal(folder);
        journal.open();
        Files.writeString(folder.resolve("attachments/web.json"), "{");

        assertThatThrownBy(journal::attachments)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("web.json is damaged");
    }
}
