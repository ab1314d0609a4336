package io.flotilla.agent.network.bridge;

import io.flotilla.agent.runtime.linux.netlink.NetworkNamespace;
import io.flotilla.agent.runtime.linux.netlink.Rtnetlink;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Gives each test a network namespace of its own as the host, with loopback: the test and its set-up and tear-down run on threads that
 * are in it, so that nothing of the machine's own network is touched.
 */
final class HostNamespace implements BeforeEachCallback, AfterEachCallback, InvocationInterceptor {
    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(HostNamespace.class);

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        Path file = Files.createTempFile("flotilla-test-host", ".netns");
        context.getStore(STORE).put("file", file);
        NetworkNamespace.create(file, () -> {
            try (Rtnetlink links = Rtnetlink.open()) {
                links.setUp(Rtnetlink.LOOPBACK_INDEX);
            }
            return true;
        });
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        NetworkNamespace.delete(file(context));
    }

    @Override
    public void interceptBeforeEachMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        inside(invocation, context);
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        inside(invocation, context);
    }

    @Override
    public void interceptAfterEachMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        inside(invocation, context);
    }

    private static void inside(Invocation<Void> invocation, ExtensionContext context) throws Throwable {
        NetworkNamespace.enter(file(context), () -> {
            try {
                invocation.proceed();
                return true;
            } catch (Exception | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        });
    }

    private static Path file(ExtensionContext context) {
        return Objects.requireNonNull(context.getStore(STORE).get("file", Path.class));
    }
}
