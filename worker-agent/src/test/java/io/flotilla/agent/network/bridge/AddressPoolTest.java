package io.flotilla.agent.network.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class AddressPoolTest {
    private static final Subnet SMALL = Subnet.parse("10.1.2.0/29");

    @Test
    void addressesAreGivenFromAboveTheGatewayUntilNoneIsLeft() {
        AddressPool pool = new AddressPool(SMALL);

        for (int last = 2; last <= 6; last++) {
            assertThat(pool.allocate()).contains(ip("10.1.2." + last));
        }
        assertThat(pool.allocate()).isEmpty();
        pool.release(ip("10.1.2.4"));
        assertThat(pool.allocate()).contains(ip("10.1.2.4"));
    }

    @Test
    void releasedAddressIsNotGivenAtOnce() {
        AddressPool pool = new AddressPool(SMALL);
        pool.release(pool.allocate().orElseThrow());

        assertThat(pool.allocate()).contains(ip("10.1.2.3"));
    }

    /** Numbers below three release what was given so many ago; others allocate. */
    @Property(tries = 200)
    void noAddressIsGivenTwiceNorOutsideTheSubnet(@ForAll @Size(max = 60) List<@IntRange(max = 9) Integer> steps) {
        AddressPool pool = new AddressPool(SMALL);
        List<Inet4Address> given = new ArrayList<>();
        for (int step : steps) {
            if (step < 3 && step < given.size()) {
                pool.release(given.remove(given.size() - 1 - step));
            } else {
                Optional<Inet4Address> next = pool.allocate();
                assertThat(next.isPresent()).isEqualTo(given.size() < SMALL.capacity());
                next.ifPresent(address -> {
                    assertThat(given).doesNotContain(address);
                    assertThat(SMALL.contains(address)).isTrue();
                    assertThat(address).isNotEqualTo(SMALL.gateway());
                    given.add(address);
                });
            }
        }
    }

    @Test
    void subnetsOverlapWhenOneContainsTheOther() {
        assertThat(Subnet.parse("172.17.0.0/16").overlaps(ip("172.17.200.0"), 24))
                .isTrue();
        assertThat(Subnet.parse("172.17.0.0/16").overlaps(ip("172.16.0.0"), 12)).isTrue();
        assertThat(Subnet.parse("172.17.0.0/16").overlaps(ip("172.18.0.0"), 16)).isFalse();
        assertThat(Subnet.macOf(ip("172.17.200.3"))).isEqualTo("02:42:ac:11:c8:03");
    }

    @Test
    void malformedSubnetsAreRefused() {
        for (String cidr : List.of("172.17.0.1/16", "172.17.0.0", "172.17.0.0/31", "::/16", "x/16", "10.0.0.0/-1")) {
            assertThatThrownBy(() -> Subnet.parse(cidr)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static Inet4Address ip(String literal) {
        return (Inet4Address) InetAddress.ofLiteral(literal);
    }
}
