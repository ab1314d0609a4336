package io.flotilla.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

@AnalyzeClasses(packages = "io.flotilla.gateway", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule meetsOthersOnlyInTheEventBus = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.flotilla.manager..",
                    "io.flotilla.agent..",
                    "io.flotilla.app..",
                    "org.apache.kafka..",
                    "org.apache.ratis..",
                    "com.sun.jna..");

    @ArchTest
    static final ArchRule knowsKafkaNotEvenThroughTheBus = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.flotilla.bus.kafka..", "io.flotilla.bus.broker..", "io.flotilla.bus.memory..");

    @ArchTest
    static final ArchRule grpcStaysAtItsEdge = noClasses()
            .that()
            .resideOutsideOfPackages("io.flotilla.gateway.rpc..", "io.flotilla.gateway.error..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.grpc..");

    @ArchTest
    static final ArchRule viewsDoNotKnowHttp = noClasses()
            .that()
            .haveSimpleNameEndingWith("View")
            .or()
            .haveSimpleNameEndingWith("Filter")
            .and()
            .resideOutsideOfPackage("io.flotilla.gateway.http..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.ws.rs..", "io.vertx..");

    @ArchTest
    static void everyServedOperationIsTriedWithHostileRequests(JavaClasses classes) {
        Set<String> tried = Operation.ALL.stream().map(Operation::signature).collect(Collectors.toSet());
        List<String> served = classes.stream()
                .filter(resource -> resource.isAnnotatedWith(Path.class))
                .flatMap(resource ->
                        resource.getMethods().stream().flatMap(method -> operation(resource, method).stream()))
                .toList();
        assertThat(served).hasSizeGreaterThan(30);
        assertThat(tried).containsAll(served);
    }

    private static Optional<String> operation(JavaClass resource, JavaMethod method) {
        String below = method.tryGetAnnotationOfType(Path.class)
                .map(path -> "/" + path.value())
                .orElse("");
        String path = (resource.getAnnotationOfType(Path.class).value() + below).replaceAll("/+", "/");
        return method.getAnnotations().stream()
                .map(annotation -> annotation.getRawType().tryGetAnnotationOfType(HttpMethod.class))
                .flatMap(Optional::stream)
                .map(verb -> verb.value() + " " + path.replaceAll("\\{[^}]*}", "{}"))
                .findFirst();
    }
}
