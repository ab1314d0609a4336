package io.flotilla.agent.runtime.linux.syscall;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The machine code and the numbers in Java are those of their sources: the assembler's and libseccomp's. */
class CpuTest {
    private interface Names extends Library {
        int seccomp_syscall_resolve_name_arch(int arch, String name);
    }

    @ParameterizedTest
    @EnumSource
    void machineCodeIsWhatItsSourceAssemblesTo(Cpu cpu, @TempDir Path folder) throws Exception {
        assertThat(cpu.interpreter())
                .isEqualTo(assembled("interpreter", cpu, folder))
                .hasSizeLessThan(100);
        assertThat(KeeperProgram.code(cpu)).isEqualTo(assembled("keeper", cpu, folder));
    }

    private static byte[] assembled(String name, Cpu cpu, Path folder) throws Exception {
        try (InputStream resource = Cpu.class.getResourceAsStream(name + "-" + cpu.label() + ".s")) {
            Files.copy(resource, folder.resolve(name + ".s"));
        }
        // Debian's binutils and binutils-aarch64-linux-gnu; a missing one fails the test
        String prefix = cpu == Cpu.host() ? "" : cpu.label().replace('_', '-') + "-linux-gnu-";
        run(folder, prefix + "as", "-o", name + ".o", name + ".s");
        run(folder, prefix + "objcopy", "-O", "binary", "-j", ".text", name + ".o", name + ".bin");
        return Files.readAllBytes(folder.resolve(name + ".bin"));
    }

    @ParameterizedTest
    @EnumSource
    void everySystemCallHasTheNumberOfItsCpu(Cpu cpu) {
        int auditArch = cpu == Cpu.X86_64 ? 0xC000_003E : 0xC000_00B7;
        Names names = Native.load("libseccomp.so.2", Names.class);

        for (Syscall call : Syscall.values()) {
            assertThat(call.number(cpu))
                    .as(call.label())
                    .isEqualTo(names.seccomp_syscall_resolve_name_arch(auditArch, call.label()));
        }
    }

    private static void run(Path folder, String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
    }
}
