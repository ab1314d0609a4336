package io.flotilla.bus.kafka;

import io.flotilla.bus.topic.BusException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;

/** Kafka's exceptions in the bus's words. */
final class KafkaFailure {
    private KafkaFailure() {}

    static BusException of(String operation, Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof BusException known) {
            return known;
        }
        if (fenced(cause)) {
            return new BusException.Fenced(operation + ": another publisher has taken over", cause);
        }
        return new BusException(operation + ": " + cause.getMessage(), cause instanceof RetriableException, cause);
    }

    static boolean fenced(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null) {
            if (cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }
}
