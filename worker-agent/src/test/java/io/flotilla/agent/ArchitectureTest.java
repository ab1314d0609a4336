package io.flotilla.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.flotilla.agent", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule onlyTheLinuxPackagesUseNativeAccess = noClasses()
            .that()
            .resideOutsideOfPackage("io.flotilla.agent.runtime.linux..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.sun.jna..", "java.lang.foreign..");

    @ArchTest
    static final ArchRule agentMeetsOthersOnTheBusOnly = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.flotilla.manager..", "io.flotilla.gateway..", "io.flotilla.app..");

    @ArchTest
    static final ArchRule nothingIsForked = noClasses()
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(ProcessBuilder.class, Process.class)
            .orShould()
            .callMethod(Runtime.class, "exec", String[].class)
            .orShould()
            .callMethod(Runtime.class, "exec", String.class)
            .because(
                    "commands of containers are executed by the agent's own system calls, and so is the one other program it "
                            + "ever executes, an installed OCI runtime (runtime.linux.OciLaunch)");

    @ArchTest
    static final ArchRule grpcStaysAtTheEdge = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.flotilla.agent.nodeapi..",
                    "io.flotilla.agent",
                    "io.flotilla.agent.csi.plugin..",
                    "io.flotilla.agent.csi.v1..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.grpc..", "io.flotilla.bus.rpc..");

    @ArchTest
    static final ArchRule portsDoNotKnowWhatDrivesThem = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.flotilla.agent.runtime..",
                    "io.flotilla.agent.image..",
                    "io.flotilla.agent.network..",
                    "io.flotilla.agent.log..",
                    "io.flotilla.agent.container..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.flotilla.agent.reconcile..", "io.flotilla.agent.nodeapi..");
}
