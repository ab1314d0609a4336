package io.flotilla.manager.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.GenericResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Units of a node that has three apples and two named processors. */
class GenericStockTest {
    private final GenericStock stock = new GenericStock();

    private static GenericResource gpu(String name) {
        return new GenericResource(new GenericResource.Named("gpu", name), null);
    }

    private static GenericResource apples(long count) {
        return new GenericResource(null, new GenericResource.Discrete("apple", count));
    }

    @BeforeEach
    void advertise() {
        stock.advertise(List.of(apples(2), gpu("A"), gpu("B"), apples(1)));
    }

    @Test
    void whatIsAdvertisedInPartsIsAddedUp() {
        assertThat(stock.total("apple")).isEqualTo(3);
        assertThat(stock.total("gpu")).isEqualTo(2);
        assertThat(stock.total("pear")).isZero();
        assertThat(stock.free("apple")).isEqualTo(3);
        assertThat(stock.free("gpu")).isEqualTo(2);
    }

    @Test
    void onlyACountCanBeAskedFor() {
        assertThat(GenericStock.wanted(List.of(apples(1), gpu("A"), apples(2)))).isEqualTo(Map.of("apple", 3L));
        assertThat(GenericStock.wanted(List.of(apples(0)))).isEmpty();
    }

    @Test
    void whatIsHeldIsNotFreeUntilItIsGivenBack() {
        stock.take(List.of(apples(2), gpu("A")));
        assertThat(stock.free("apple")).isEqualTo(1);
        assertThat(stock.free("gpu")).isEqualTo(1);
        assertThat(stock.choose(Map.of("gpu", 1L))).containsExactly(gpu("B"));
        assertThat(stock.lacking(Map.of("apple", 1L))).isNull();
        assertThat(stock.lacking(Map.of("apple", 2L))).isEqualTo("apple");
        assertThat(stock.lacking(Map.of("gpu", 2L))).isEqualTo("gpu");
        stock.giveBack(List.of(apples(2), gpu("A")));
        assertThat(stock.choose(Map.of("gpu", 2L))).containsExactly(gpu("A"), gpu("B"));
        assertThat(stock.lacking(Map.of("apple", 3L))).isNull();
    }

    @Test
    void whatTwoHoldIsFreeWhenBothGaveItBack() {
        stock.take(List.of(gpu("A"), apples(1)));
        stock.take(List.of(gpu("A"), apples(1)));
        stock.giveBack(List.of(gpu("A"), apples(1)));
        assertThat(stock.free("gpu")).isEqualTo(1);
        assertThat(stock.free("apple")).isEqualTo(2);
        stock.giveBack(List.of(gpu("A"), apples(1)));
        assertThat(stock.free("gpu")).isEqualTo(2);
        assertThat(stock.free("apple")).isEqualTo(3);
    }

    @Test
    void chosenIsACountWhereTheNodeHasNoNames() {
        assertThat(stock.choose(Map.of("apple", 2L))).containsExactly(apples(2));
    }

    @Test
    void unitsAreOfferedWhileTheNodeHasThemAndNobodyHoldsThem() {
        assertThat(stock.offers(List.of(gpu("A"), apples(3)))).isTrue();
        assertThat(stock.offers(List.of(gpu("C")))).isFalse();
        assertThat(stock.offers(List.of(apples(4)))).isFalse();
        assertThat(stock.offers(List.of(new GenericResource(null, new GenericResource.Discrete("gpu", 1)))))
                .isFalse();
        stock.take(List.of(gpu("A"), apples(1)));
        assertThat(stock.offers(List.of(gpu("A")))).isFalse();
        assertThat(stock.offers(List.of(gpu("B"), apples(2)))).isTrue();
        assertThat(stock.offers(List.of(apples(3)))).isFalse();
    }

    @Test
    void whatIsHeldStaysHeldWhenTheNodeHasItNoMore() {
        stock.take(List.of(apples(2), gpu("A")));
        stock.advertise(List.of(apples(1)));
        assertThat(stock.free("apple")).isEqualTo(-1);
        assertThat(stock.total("gpu")).isZero();
        stock.advertise(List.of(gpu("A")));
        assertThat(stock.free("gpu")).isZero();
    }
}
