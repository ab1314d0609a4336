package io.flotilla.manager;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;

/** What decides has no clock, randomness, thread or I/O: the same events give the same batches, on any machine. */
@AnalyzeClasses(packages = "io.flotilla.manager", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    private static final String[] CORE = {
        "io.flotilla.manager.state..",
        "io.flotilla.manager.orchestrator..",
        "io.flotilla.manager.scheduler..",
        "io.flotilla.manager.allocator..",
        "io.flotilla.manager.node..",
        "io.flotilla.manager.control.core.."
    };

    @ArchTest
    static final ArchRule theCoreReadsNoClock = noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Clock.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(InstantSource.class);

    @ArchTest
    static final ArchRule theCoreHasNoRandomnessOfItsOwn = noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.Random")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.security.SecureRandom")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom")
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .callMethod(java.util.UUID.class, "randomUUID")
            .orShould()
            .callMethod(java.util.Collections.class, "shuffle", java.util.List.class);

    @ArchTest
    static final ArchRule theCoreStartsNoThread = noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class)
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.util.concurrent..");

    @ArchTest
    static final ArchRule theCoreDoesNoIo = noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.nio.file..",
                    "java.nio.channels..",
                    "io.grpc..",
                    "io.flotilla.bus.topic..",
                    "io.flotilla.bus.kafka..",
                    "org.apache.kafka..",
                    "org.apache.ratis..",
                    "org.jboss.logging..")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.io.File")
            .orShould()
            .dependOnClassesThat()
            // an address is a value; names are not looked up
            .haveNameMatching("java\\.net\\.(?!InetAddress).*")
            .orShould()
            .callMethod(java.net.InetAddress.class, "getByName", String.class)
            .orShould()
            .callMethod(java.net.InetAddress.class, "getAllByName", String.class);

    @ArchTest
    static final ArchRule theCoreKnowsNoEdge = noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.flotilla.manager",
                    "io.flotilla.manager.control",
                    "io.flotilla.manager.dispatch..",
                    "io.flotilla.manager.raft..");

    @ArchTest
    static final ArchRule onlyTheRaftPackageSeesRatis = noClasses()
            .that()
            .resideOutsideOfPackage("io.flotilla.manager.raft..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.ratis..");
}
