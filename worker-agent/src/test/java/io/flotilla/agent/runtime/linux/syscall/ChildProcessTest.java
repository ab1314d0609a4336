package io.flotilla.agent.runtime.linux.syscall;

import static io.flotilla.agent.runtime.linux.syscall.Argument.bytes;
import static io.flotilla.agent.runtime.linux.syscall.Argument.none;
import static io.flotilla.agent.runtime.linux.syscall.Argument.resultOf;
import static io.flotilla.agent.runtime.linux.syscall.Argument.text;
import static io.flotilla.agent.runtime.linux.syscall.Argument.texts;
import static io.flotilla.agent.runtime.linux.syscall.Argument.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {
    private static final int AT_FDCWD = -100;
    private static final int ENOENT = 2;
    private static final int SIGSYS = 31;

    private final SyscallProgram program = new SyscallProgram();

    @Test
    void resultOfAStepFeedsALaterOne(@TempDir Path folder) throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        var open = program.add("open", Syscall.OPENAT, value(AT_FDCWD), text(file.toString()), value(1));
        program.add("write", Syscall.WRITE, resultOf(open), text("written"), value(7));
        exec("/bin/sh", "-c", "exit 3");

        assertThat(runAndReap()).isEqualTo(new ExitStatus(3, 0));
        assertThat(file).hasContent("written");
    }

    @Test
    void failedStepIsNamedWithItsErrno() {
        var chdir = program.add("to nowhere", Syscall.CHDIR, text("/does/not/exist"));
        exec("/bin/true");

        assertThat(ChildProcess.run(program, 0)).isEqualTo(new Outcome.StepFailed(chdir, ENOENT));
        assertThat(chdir).hasToString("chdir (to nowhere)");
    }

    @Test
    void onlyTheErrorsToldAreIgnored() {
        program.add("ignored", Syscall.CHDIR, text("/does/not/exist")).ignoring(ENOENT);
        var failing =
                program.add("not ignored", Syscall.CHDIR, text("/etc/passwd")).ignoring(ENOENT);
        exec("/bin/true");

        assertThat(ChildProcess.run(program, 0)).isEqualTo(new Outcome.StepFailed(failing, 20));
    }

    @Test
    void errnoBeyondTheIgnorableOnesFails() {
        // EOPNOTSUPP, 95, must not be taken for 95 mod 64
        var failing = program.add("socket", Syscall.SOCKET, value(1), value(77), value(0))
                .ignoring(31, 30, 29);
        exec("/bin/true");

        assertThat(ChildProcess.run(program, 0))
                .isInstanceOfSatisfying(Outcome.StepFailed.class, outcome -> assertThat(outcome.step())
                        .isSameAs(failing));
    }

    @Test
    void commandThatDoesNotExistFailsAtExec() {
        var exec = exec("/does/not/exist");

        assertThat(ChildProcess.run(program, 0)).isEqualTo(new Outcome.StepFailed(exec, ENOENT));
    }

    @Test
    void killedBeforeTheCommandIsNotAStart() {
        // a seccomp filter that kills whatever comes next: the execve itself
        int killProcess = 0x8000_0000;
        byte[] filter = ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putShort((short) 0x06)
                .putShort((short) 0)
                .putInt(killProcess)
                .array();
        ChildProcess.nameStep(program);
        program.add("no new privileges", Syscall.PRCTL, value(38), value(1));
        program.add("filter", Syscall.SECCOMP, value(1), value(0), new Argument.Filter(filter));
        var exec = exec("/bin/true");

        assertThat(ChildProcess.run(program, 0)).isEqualTo(new Outcome.Killed(SIGSYS, exec));
    }

    @Test
    void childStartsWithDefaultSignalMask() throws Exception {
        program.add("mask", Syscall.RT_SIGPROCMASK, value(2), bytes(new byte[8]), none(), value(8));
        exec("/bin/sh", "-c", "grep -q 'SigBlk:.0000000000000000' /proc/self/status");

        assertThat(runAndReap()).isEqualTo(new ExitStatus(0, 0));
    }

    @Test
    void virtualThreadIsRefused() throws InterruptedException {
        exec("/bin/true");
        var task = new FutureTask<>(() -> ChildProcess.run(program, 0));
        Thread.ofVirtual().start(task).join();

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(task::get)
                .withCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void programsThatCannotWorkAreRefused() {
        var other = new SyscallProgram().add("elsewhere", Syscall.SETSID);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> program.add("foreign result", Syscall.WRITE, resultOf(other)));
        assertThatIllegalArgumentException().isThrownBy(() -> text("a\0b"));
        assertThatIllegalArgumentException().isThrownBy(() -> other.ignoring(95));
        program.add("setsid", Syscall.SETSID);
        assertThatIllegalStateException().isThrownBy(() -> ChildProcess.run(program, 0));
    }

    private SyscallProgram.Step exec(String... args) {
        return program.add(
                args[0], Syscall.EXECVE, text(args[0]), texts(List.of(args)), texts(List.of("PATH=/usr/bin:/bin")));
    }

    private ExitStatus runAndReap() {
        var executing = (Outcome.Executing) ChildProcess.run(program, 0);
        try {
            return PidFd.waitAndReap(executing.pidfd());
        } finally {
            Libc.close(executing.pidfd());
        }
    }
}
