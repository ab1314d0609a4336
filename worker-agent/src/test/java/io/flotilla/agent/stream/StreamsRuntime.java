package io.flotilla.agent.stream;

import io.flotilla.agent.runtime.ContainerRuntime;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** The part of a runtime that streams need: an input that remembers, and how often output was resumed. */
final class StreamsRuntime {
    final AtomicInteger resumed = new AtomicInteger();
    final AtomicBoolean stdinClosed = new AtomicBoolean();
    private final ByteArrayOutputStream typed = new ByteArrayOutputStream() {
        @Override
        public void close() {
            stdinClosed.set(true);
        }
    };

    ContainerRuntime runtime() {
        return (ContainerRuntime) Proxy.newProxyInstance(
                ContainerRuntime.class.getClassLoader(),
                new Class<?>[] {ContainerRuntime.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "stdin" -> stdin();
                    case "resumeOutput" -> {
                        resumed.incrementAndGet();
                        yield null;
                    }
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    OutputStream stdin() {
        return typed;
    }

    String typed() {
        return typed.toString(StandardCharsets.UTF_8);
    }
}
